// SPDX-License-Identifier: Apache-2.0
#include "resources/object/draft.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>

namespace berth::resources {
namespace {

using Member = boost::json::key_value_pair;

using Members = boost::container::small_vector<const Member*, 32>;

Members sorted(const base::JsonObject& object) {
  Members members;
  for (const Member& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const Member* member) { return std::string_view(member->key()); });
  return members;
}

void append_member(std::string& out, const Member& member) {
  if (out.back() != '{') out.push_back(',');
  base::append_quoted(out, member.key());
  out.push_back(':');
  base::append_canonical(out, member.value());
}

constexpr std::string_view kManagedFields = "managedFields";

std::string_view key_of(const Member* member) { return member->key(); }

void append_managed_fields(std::string& out, std::string_view managed_fields) {
  if (managed_fields.empty()) return;
  out.append(out.back() == '{' ? "\"managedFields\":" : ",\"managedFields\":").append(managed_fields);
}

// metadata up to the gap goes to draft.head, the rest to draft.tail.
void append_metadata(store::Draft& draft, const base::JsonObject& metadata, std::string_view managed_fields) {
  auto members = sorted(metadata);
  if (!managed_fields.empty()) {
    const auto is_managed = [](const Member* member) { return member->key() == kManagedFields; };
    members.erase(std::remove_if(members.begin(), members.end(), is_managed), members.end());
  }
  const auto managed = std::ranges::lower_bound(members, kManagedFields, {}, key_of);
  const auto gap = std::ranges::lower_bound(members, std::string_view("resourceVersion"), {}, key_of);
  draft.head.push_back('{');
  for (auto at = members.begin(); at != managed; ++at) append_member(draft.head, **at);
  append_managed_fields(draft.head, managed_fields);
  for (auto at = managed; at != gap; ++at) append_member(draft.head, **at);
  draft.head.append(draft.head.back() == '{' ? "\"resourceVersion\":\"" : ",\"resourceVersion\":\"");
  draft.tail.push_back('"');
  for (auto at = gap; at != members.end(); ++at) {
    if (key_of(*at) != "resourceVersion") append_member(draft.tail, **at);
  }
  draft.tail.push_back('}');
}

}  // namespace

store::Draft make_draft(const base::Json& object, std::string_view managed_fields) {
  // Mostly less: the names before the gap, and a spec with some environment after it.
  constexpr std::size_t kHeadBytes = 500;
  constexpr std::size_t kTailBytes = 1500;
  store::Draft draft;
  draft.head.reserve(kHeadBytes + managed_fields.size());
  draft.tail.reserve(kTailBytes);
  draft.head.push_back('{');
  std::string* out = &draft.head;
  for (const Member* member : sorted(object.as_object())) {
    if (member->key() != "metadata") {
      append_member(*out, *member);
      continue;
    }
    draft.head.append(draft.head.back() == '{' ? "\"metadata\":" : ",\"metadata\":");
    append_metadata(draft, member->value().as_object(), managed_fields);
    out = &draft.tail;
  }
  out->push_back('}');
  return draft;
}

std::string fill(const store::Draft& draft, store::Revision revision) {
  return draft.head + std::to_string(revision) + draft.tail;
}

bool same_but_revision(const store::Draft& draft, std::string_view bytes) {
  if (bytes.size() <= draft.head.size() + draft.tail.size()) return false;
  if (!bytes.starts_with(draft.head) || !bytes.ends_with(draft.tail)) return false;
  const auto digits = bytes.substr(draft.head.size(), bytes.size() - draft.head.size() - draft.tail.size());
  return digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace berth::resources
