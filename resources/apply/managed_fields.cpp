// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/managed_fields.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace berth::resources {
namespace {

using base::Json;
using base::JsonObject;

constexpr std::size_t kMostUpdaters = 10;           // upstream's
constexpr std::size_t kMostManagerBytes = 128;      // upstream's
constexpr std::size_t kMostSubresourceBytes = 256;  // upstream's

std::string_view name_of(ManagedBy operation) { return operation == ManagedBy::Apply ? "Apply" : "Update"; }

std::string quoted(std::string_view text) {
  std::string out;
  base::append_quoted(out, text);
  return out;
}

std::string place_of(std::size_t index, std::string_view member) {
  return "metadata.managedFields[" + std::to_string(index) + "]." + std::string(member);
}

std::string text_of(const JsonObject& entry, std::string_view member, std::size_t index) {
  const Json* value = entry.if_contains(member);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string()) throw base::bad_request(place_of(index, member) + " must be a string");
  return std::string(value->get_string());
}

std::optional<base::WallTime> time_of(const JsonObject& entry, std::size_t index) {
  const std::string text = text_of(entry, "time", index);
  if (text.empty()) return std::nullopt;
  const auto time = base::parse_time(text);
  if (!time) throw base::bad_request(place_of(index, "time") + " must be a time such as 2026-01-02T03:04:05Z");
  return std::chrono::floor<std::chrono::seconds>(*time);
}

std::optional<ManagedEntry> read_entry(const Json& value, std::size_t index) {
  if (!value.is_object()) {
    throw base::bad_request("metadata.managedFields[" + std::to_string(index) + "] must be an object");
  }
  const JsonObject& members = value.get_object();
  ManagedEntry entry;
  entry.who.manager = text_of(members, "manager", index);
  entry.who.api_version = text_of(members, "apiVersion", index);
  entry.who.subresource = text_of(members, "subresource", index);
  entry.time = time_of(members, index);
  const std::string operation = text_of(members, "operation", index);
  const std::string type = text_of(members, "fieldsType", index);
  if (operation != "Apply" && operation != "Update") return std::nullopt;
  if (entry.who.api_version.empty() || type != "FieldsV1") return std::nullopt;
  entry.who.operation = operation == "Apply" ? ManagedBy::Apply : ManagedBy::Update;
  if (const Json* fields = members.if_contains("fieldsV1"); fields != nullptr && !fields->is_null()) {
    auto set = FieldSet::read(*fields);
    if (!set) return std::nullopt;
    entry.fields = *std::move(set);
  }
  return entry;
}

std::int64_t seconds_of(const ManagedEntry& entry) {
  return entry.time ? std::chrono::duration_cast<std::chrono::seconds>(entry.time->time_since_epoch()).count() : 0;
}

ManagerIdentity bucket_identity(const std::string& version) {
  return {"ancient-changes", ManagedBy::Update, version, ""};
}

// The oldest entries of one version, on their way into one.
struct Bucket {
  ManagedEntry* entry = nullptr;  // that they join
  ManagedEntry* first = nullptr;  // joins only when another one does
  std::vector<FieldSet> joined;

  // Whether there is one entry less now.
  bool take(ManagedEntry& next) {
    if (first == nullptr) {
      first = &next;
      return false;
    }
    if (entry == nullptr) entry = first;
    ManagedEntry& joins = entry == &next ? *std::exchange(first, entry) : next;
    joined.push_back(std::move(joins.fields));
    joins.fields = {};
    entry->time = joins.time;
    return true;
  }

  void close(const std::string& version) {
    if (joined.empty()) return;
    entry->who = bucket_identity(version);
    joined.push_back(std::move(entry->fields));
    entry->fields = FieldSet::union_of(std::move(joined));
  }
};

void append_text(std::string& out, std::string_view member, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(member).append("\":");
  base::append_quoted(out, value);
}

}  // namespace

bool ManagerIdentity::is_same(const ManagerIdentity& other) const {
  return manager == other.manager && operation == other.operation && subresource == other.subresource &&
         (operation == ManagedBy::Apply || api_version == other.api_version);
}

std::string ManagerIdentity::order() const {
  std::string out = "{\"manager\":" + quoted(manager) + ",\"operation\":" + quoted(name_of(operation));
  if (operation == ManagedBy::Update) append_text(out, "apiVersion", api_version);
  append_text(out, "subresource", subresource);
  return out + "}";
}

std::string ManagerIdentity::describe() const {
  std::string out = quoted(manager);
  if (!subresource.empty()) out.append(" with subresource ").append(quoted(subresource));
  if (operation == ManagedBy::Update) out.append(" using ").append(api_version);
  return out;
}

std::optional<ManagedFields> ManagedFields::read(const Json& managed_fields) {
  ManagedFields managed;
  if (managed_fields.is_null()) return managed;
  if (!managed_fields.is_array()) throw base::bad_request("metadata.managedFields must be a list");
  std::size_t index = 0;
  bool readable = true;
  std::map<std::string, std::size_t> places;  // a megabyte holds thousands
  for (const Json& value : managed_fields.get_array()) {
    auto entry = read_entry(value, index++);
    readable &= entry.has_value();
    if (!readable) continue;
    const auto [place, is_new] = places.emplace(entry->who.order(), managed.entries_.size());
    if (is_new) {
      managed.entries_.push_back(*std::move(entry));
    } else {
      managed.entries_[place->second] = *std::move(entry);
    }
  }
  if (!readable) return std::nullopt;
  return managed;
}

ManagedEntry* ManagedFields::find(const ManagerIdentity& who) {
  const auto at = std::ranges::find_if(entries_, [&who](const ManagedEntry& entry) { return entry.who.is_same(who); });
  return at == entries_.end() ? nullptr : &*at;
}

void ManagedFields::set(ManagedEntry entry) {
  if (ManagedEntry* present = find(entry.who)) {
    *present = std::move(entry);
  } else {
    entries_.push_back(std::move(entry));
  }
}

void ManagedFields::drop_empty() {
  std::erase_if(entries_, [](const ManagedEntry& entry) { return entry.fields.empty(); });
}

void ManagedFields::cap_updaters() {
  std::vector<ManagedEntry*> oldest;
  for (ManagedEntry& entry : entries_) {
    if (entry.who.operation == ManagedBy::Update) oldest.push_back(&entry);
  }
  if (oldest.size() <= kMostUpdaters) return;
  std::ranges::sort(oldest, {},
                    [](const ManagedEntry* entry) { return std::make_tuple(seconds_of(*entry), entry->who.order()); });
  std::map<std::string, Bucket> buckets;  // of each version
  for (ManagedEntry* entry : oldest) {
    if (entry->who.is_same(bucket_identity(entry->who.api_version))) buckets[entry->who.api_version].entry = entry;
  }
  std::size_t left = oldest.size();
  for (ManagedEntry* entry : oldest) {
    if (left <= kMostUpdaters) break;
    if (buckets[entry->who.api_version].take(*entry)) --left;
  }
  for (auto& [version, bucket] : buckets) bucket.close(version);
  drop_empty();
}

std::vector<const ManagedEntry*> ManagedFields::sorted() const {
  std::vector<const ManagedEntry*> order;
  for (const ManagedEntry& entry : entries_) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const ManagedEntry* entry) {
    const ManagerIdentity& who = entry->who;
    return std::make_tuple(name_of(who.operation), seconds_of(*entry), std::string_view(who.manager),
                           std::string_view(who.api_version), std::string_view(who.subresource));
  });
  return order;
}

std::string ManagedFields::text() const {
  if (entries_.empty()) return {};
  std::string out;
  for (const ManagedEntry* entry : sorted()) {
    out.append(out.empty() ? "[{\"apiVersion\":" : ",{\"apiVersion\":");
    base::append_quoted(out, entry->who.api_version);
    out.append(",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":");
    entry->fields.append_json(out);
    append_text(out, "manager", entry->who.manager);
    append_text(out, "operation", name_of(entry->who.operation));
    append_text(out, "subresource", entry->who.subresource);
    if (entry->time) append_text(out, "time", base::format_time(*entry->time));
    out.push_back('}');
  }
  return out + "]";
}

bool ManagedFields::is_same_but_times(const ManagedFields& other) const {
  const auto by_identity = [](const ManagedFields& managed) {
    std::map<std::string, const ManagedEntry*> entries;
    for (const ManagedEntry& entry : managed.entries_) entries.emplace(entry.who.order(), &entry);
    return entries;
  };
  return std::ranges::equal(by_identity(*this), by_identity(other), [](const auto& a, const auto& b) {
    return a.first == b.first && a.second->who.api_version == b.second->who.api_version &&
           a.second->fields == b.second->fields;
  });
}

std::vector<base::Cause> ManagedFields::check() const {
  std::vector<base::Cause> causes;
  std::size_t index = 0;
  for (const ManagedEntry* entry : sorted()) {
    const std::string& manager = entry->who.manager;
    if (manager.size() > kMostManagerBytes) {
      causes.push_back({"FieldValueTooLong", "Too long: may not be more than 128 bytes", place_of(index, "manager")});
    }
    if (std::ranges::any_of(manager, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
      causes.push_back({"FieldValueInvalid",
                        "Invalid value: " + quoted(manager) + ": should only contain printable characters",
                        place_of(index, "manager")});
    }
    if (entry->who.subresource.size() > kMostSubresourceBytes) {
      causes.push_back(
          {"FieldValueTooLong", "Too long: may not be more than 256 bytes", place_of(index, "subresource")});
    }
    ++index;
  }
  return causes;
}

}  // namespace berth::resources
