// SPDX-License-Identifier: Apache-2.0
#include "resources/spec_history.hpp"

#include <algorithm>

#include "resources/lost_races.hpp"
#include "resources/object/draft.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/object/sealing.hpp"

namespace berth::resources {
namespace {

using base::JsonArray;
using base::JsonObject;
using base::string_at;
using base::Task;

constexpr std::string_view kChangeCause = "kubernetes.io/change-cause";

std::int64_t generation_of(const Json& object) { return base::int_at(object, "metadata.generation"); }

// What an operator does is no part of what the object is.
Json lasting_spec(const Json& object) {
  const Json* spec = base::find_path(object, "spec");
  if (spec == nullptr || !spec->is_object()) return JsonObject();
  Json lasting = *spec;
  for (const char* member : {"desiredState", "suspend"}) lasting.as_object().erase(member);
  return lasting;
}

// Who last wrote anything but the status, and when.
struct LastWrite {
  std::string manager;
  std::string time;
};
LastWrite last_write(const Json& object) {
  LastWrite last{"", std::string(string_at(object, "metadata.creationTimestamp"))};
  const Json* entries = base::find_path(object, "metadata.managedFields");
  if (entries == nullptr || !entries->is_array()) return last;
  for (const Json& entry : entries->get_array()) {
    const std::string_view time = string_at(entry, "time");
    if (!string_at(entry, "subresource").empty() || time < last.time) continue;
    last = {std::string(string_at(entry, "manager")), std::string(time)};
  }
  return last;
}

// `earlier`: the number of the record before, 0 for none. Its spec has been there since.
Json record_of(const Kind& records, const Json& object, std::int64_t earlier) {
  const LastWrite last = last_write(object);
  const std::int64_t number = generation_of(object);
  JsonObject record{{"apiVersion", records.api_version()}, {"kind", records.kind}, {"revision", number}};
  const bool ran = base::int_at(object, "status.readyGeneration") > earlier;
  // An earlier berthd took no readiness down.
  const bool told = base::find_path(object, "status.readyGeneration") != nullptr ||
                    base::int_at(object, "status.observedGeneration") <= 0;
  // What was only ever to be stopped has shown nothing.
  if (ran || (told && string_at(object, "spec.desiredState") == "Running")) record["ran"] = ran;
  record["metadata"] =
      JsonObject{{"name", std::string(string_at(object, "metadata.name")) + "." + std::to_string(number)},
                 {"namespace", string_at(object, "metadata.namespace")},
                 {"creationTimestamp", last.time}};
  if (!last.manager.empty()) record["manager"] = last.manager;
  const Json* annotations = base::find_path(object, "metadata.annotations");
  const Json* cause =
      annotations && annotations->is_object() ? annotations->get_object().if_contains(kChangeCause) : nullptr;
  if (cause != nullptr) record["changeCause"] = *cause;
  record["spec"] = lasting_spec(object);
  return record;
}

// All of one object; the uid keeps those of another of the same name apart.
std::string prefix_of(const Kind& records, const Json& object) {
  return key_of(records, string_at(object, "metadata.namespace"), string_at(object, "metadata.name")) + "." +
         std::string(string_at(object, "metadata.uid")) + ".";
}

std::vector<store::Entry> entries_of(const store::Store& store, const Kind& records, const Json& object) {
  store::ListQuery query;
  query.prefix = prefix_of(records, object);
  return store.list(query).entries;
}

}  // namespace

const Kind* SpecHistory::records_of(const Kind& kind) {
  const auto found = std::ranges::find(kind.subresources, "revisions", &schemas::Subresource::name);
  return found == kind.subresources.end() ? nullptr : &schemas::Catalog::instance().by_name(found->kind);
}

Task<void> SpecHistory::keep(const Kind& kind, const Json& before, const Json& after) {
  const Kind* records = records_of(kind);
  if (records == nullptr || generation_of(before) == generation_of(after) || is_deleting(before)) co_return;
  if (base::json_equal(lasting_spec(before), lasting_spec(after))) co_return;
  for (LostRaces races(clock_);; co_await races.wait()) {
    if (co_await write(*records, before)) co_return;
  }
}

// False when another write came between. The oldest record makes room, so that a change costs one write and no more.
Task<bool> SpecHistory::write(const Kind& records, const Json& before) {
  const std::vector<store::Entry> entries = entries_of(store_, records, before);
  store::Write write;
  std::optional<store::Entry> same;
  std::int64_t oldest = 0;
  std::int64_t newest = 0;
  for (const store::Entry& entry : entries) {
    const std::int64_t number = base::int_at(base::parse_json(*entry.value), "revision");
    if (number == generation_of(before)) {
      same = entry;
      continue;
    }
    newest = std::max(newest, number);
    if (write.key.empty() || number < oldest) {
      write.key = entry.key;
      write.expected = entry.revision;
      oldest = number;
    }
  }
  Json record = record_of(records, before, newest);
  if (same) {
    // Of a write that lost to another: it may have become known meanwhile that the spec ran.
    const bool says_so = base::bool_at(base::parse_json(*same->value), "ran");
    if (says_so || !base::bool_at(record, "ran")) co_return true;
    write.key = same->key;
    write.expected = same->revision;
  } else if (entries.size() + 1 < kKept) {
    write.key = prefix_of(records, before) + std::to_string(entries.size());
    write.expected = 0;
  }
  record.at("metadata").as_object()["uid"] = base::random_uuid();
  write.schema = records.revision;
  Outcome outcome = co_await commit(records, write, record);
  if (outcome == Outcome::TooLarge) {
    // It keeps the place: what the spec did is not the next one's.
    record.as_object().erase("spec");
    outcome = co_await commit(records, std::move(write), std::move(record));
  }
  co_return outcome != Outcome::Lost;
}

Task<SpecHistory::Outcome> SpecHistory::commit(const Kind& records, store::Write write, Json record) {
  seal_object(records, keys_, write.key, record);
  write.value = make_draft(record);
  try {
    co_await store_.commit(std::move(write));
  } catch (const base::Status& status) {
    switch (status.reason()) {
      case base::Reason::RequestEntityTooLarge:
        co_return Outcome::TooLarge;
      case base::Reason::Conflict:
      case base::Reason::AlreadyExists:
      case base::Reason::NotFound:
        co_return Outcome::Lost;
      default:
        throw;
    }
  }
  co_return Outcome::Kept;
}

Task<void> SpecHistory::forget(const Kind& kind, const Json& object) {
  const Kind* records = records_of(kind);
  if (records == nullptr) co_return;
  for (const store::Entry& entry : entries_of(store_, *records, object)) {
    store::Write write;
    write.key = entry.key;
    write.op = store::Op::Delete;
    write.expected = entry.revision;
    write.value = make_draft(base::parse_json(*entry.value));
    try {
      co_await store_.commit(std::move(write));
    } catch (const base::Status& status) {
      // Another one removes them, too.
      if (status.reason() != base::Reason::Conflict && status.reason() != base::Reason::NotFound) throw;
    }
  }
}

std::vector<Json> SpecHistory::list(const Kind& kind, const Json& live) const {
  const Kind& records = *records_of(kind);
  std::vector<Json> all;
  for (const store::Entry& entry : entries_of(store_, records, live)) {
    Json record = base::parse_json(*entry.value);
    // Of a write that did not come about: it is the present one still.
    if (base::int_at(record, "revision") == generation_of(live)) continue;
    open_object(records, keys_, entry.key, record);
    record.as_object()["current"] = false;
    all.push_back(std::move(record));
  }
  std::ranges::sort(all, {}, [](const Json& record) { return base::int_at(record, "revision"); });
  const std::int64_t earlier = all.empty() ? 0 : base::int_at(all.back(), "revision");
  std::erase_if(all, [](const Json& record) { return base::find_path(record, "spec") == nullptr; });
  Json present = record_of(records, live, earlier);
  JsonObject& metadata = present.at("metadata").as_object();
  for (const char* member : {"uid", "resourceVersion"})
    metadata[member] = string_at(live, std::string("metadata.") + member);
  present.as_object()["current"] = true;
  all.push_back(std::move(present));
  return all;
}

}  // namespace berth::resources
