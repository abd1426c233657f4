// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/field_writer.hpp"

#include <algorithm>

#include "resources/apply/apply_conflict.hpp"
#include "resources/apply/field_walk.hpp"
#include "resources/apply/last_applied.hpp"

namespace berth::resources {
namespace {

constexpr std::string_view kBeforeFirstApply = "before-first-apply";

std::string_view subresource_of(Part part) {
  switch (part) {
    case Part::Main:
      return "";
    case Part::Status:
      return "status";
    case Part::Finalize:
      return "finalize";
  }
  return "";
}

ManagerIdentity identity_of(const Kind& kind, const FieldWriter& writer, ManagedBy operation) {
  return {writer.manager.empty() ? "unknown" : writer.manager, operation, kind.api_version(),
          std::string(subresource_of(writer.part))};
}

// What the server or the URL says has no manager.
const FieldSet& unmanaged_fields() {
  static const FieldSet fields = [] {
    std::vector<FieldSet::Node> metadata;
    for (const char* name : {"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation",
                             "managedFields", "resourceVersion"}) {
      metadata.push_back({std::string("f:") + name, true, {}});
    }
    std::vector<FieldSet::Node> root;
    for (const char* name : {"apiVersion", "kind"}) root.push_back({std::string("f:") + name, true, {}});
    root.push_back({"f:metadata", true, FieldSet::of(std::move(metadata))});
    return FieldSet::of(std::move(root));
  }();
  return fields;
}

// Entries of a version that is not served go; sets from before a list became atomic are brought up to date.
void bring_up_to_date(const Kind& kind, ManagedFields& managed) {
  const std::string version = kind.api_version();
  std::erase_if(managed.entries(), [&version](const ManagedEntry& entry) { return entry.who.api_version != version; });
  for (ManagedEntry& entry : managed.entries()) collapse_atomic(*kind.schema, entry.fields);
}

// The other part of the object is not the request's to write.
FieldSet own_part(Part part, FieldSet fields) {
  if (part == Part::Status) {
    fields.remove("f:metadata");
    fields.remove("f:spec");
  } else {
    fields.remove("f:status");
  }
  return fields;
}

struct PartChanges {
  FieldSet changed;  // modified or added
  FieldSet removed;
};
PartChanges compare_part(const Kind& kind, Part part, const Json& before, const Json& after) {
  FieldChanges changes = compare_fields(*kind.schema, before, after);
  changes.modified.unite(std::move(changes.added));
  return {own_part(part, std::move(changes.modified)), own_part(part, std::move(changes.removed))};
}

FieldSet difference(FieldSet fields, const FieldSet& less) {
  fields.subtract(less);
  return fields;
}

// Takes out what the manager applied last time, applies no longer, and nobody else owns.
void prune(const Schema& schema, Json& merged, const FieldSet& last, const ManagedFields& managed) {
  if (last.empty()) return;
  const FieldSet named_last = with_named_fields(schema, last);
  Json pruned = merged;
  remove_fields(schema, pruned, named_last);
  std::vector<FieldSet> owned;
  for (const ManagedEntry& entry : managed.entries()) owned.push_back(entry.fields);
  const FieldSet all = with_named_fields(schema, fields_of(schema, merged));
  // What is owned is put back.
  FieldSet left = with_named_fields(schema, fields_of(schema, pruned));
  left.unite(with_named_fields(schema, FieldSet::union_of(std::move(owned))));
  pruned = merged;
  remove_fields(schema, pruned, difference(all, left));
  // So is what went along with something else, and was never the manager's.
  const FieldSet still = with_named_fields(schema, fields_of(schema, pruned));
  remove_fields(schema, merged, difference(all, still).intersect(named_last));
}

std::vector<ApplyConflict> conflicts_of(const ManagedFields& managed, const ManagerIdentity& self,
                                        const FieldSet& changed) {
  std::vector<ApplyConflict> conflicts;
  for (const ManagedEntry& entry : managed.entries()) {
    if (entry.who.is_same(self)) continue;
    FieldSet fields = entry.fields.intersect(changed);
    if (!fields.empty()) conflicts.push_back({entry.who, std::move(fields)});
  }
  return conflicts;
}

void take(ManagedEntry& entry, const PartChanges& changes) {
  entry.fields.subtract(changes.changed);
  entry.fields.subtract(changes.removed);
}

// Leaves the conflicts that client-side apply does not explain.
void allow_last_applied(const Kind& kind, const Json& live, std::vector<ApplyConflict>& conflicts) {
  const FieldSet allowed = last_applied_fields(kind, live);
  for (ApplyConflict& conflict : conflicts) conflict.fields.subtract(allowed);
  std::erase_if(conflicts, [](const ApplyConflict& conflict) { return conflict.fields.empty(); });
}

bool is_reset(const Json& sent) {
  const base::JsonArray* list = sent.if_array();
  if (list == nullptr) return false;
  return list->empty() || (list->size() == 1 && list->front().is_object() && list->front().get_object().empty());
}

}  // namespace

ManagedFields managed_before(const Json& live, const Json* sent) {
  if (sent != nullptr) {
    if (is_reset(*sent)) return {};
    auto managed = ManagedFields::read(*sent);
    if (managed && !managed->empty()) return *std::move(managed);
  }
  const Json* present = base::find_path(live, "metadata.managedFields");
  if (present == nullptr) return {};
  return ManagedFields::read(*present).value_or(ManagedFields());
}

void track_update(const Kind& kind, const Json& live, const Json& now, const FieldWriter& writer,
                  ManagedFields& managed) {
  bring_up_to_date(kind, managed);
  PartChanges changes = compare_part(kind, writer.part, live, now);
  for (ManagedEntry& entry : managed.entries()) take(entry, changes);
  FieldSet changed = std::move(changes.changed);
  changed.subtract(unmanaged_fields());
  const ManagerIdentity who = identity_of(kind, writer, ManagedBy::Update);
  if (!changed.empty()) {
    if (const ManagedEntry* before = managed.find(who)) changed.unite(before->fields);
    managed.set({who, std::chrono::floor<std::chrono::seconds>(writer.now), std::move(changed)});
  }
  managed.drop_empty();
  managed.cap_updaters();
}

Applied apply_configuration(const Kind& kind, const Json& live, const Json& configuration, ManagedFields managed,
                            const FieldWriter& writer, OnConflict on_conflict) {
  const Schema& schema = *kind.schema;
  static const Json kNothing = base::JsonObject();
  const Json& before = live.is_null() ? kNothing : live;
  if (managed.empty() && !live.is_null()) {
    track_update(kind, kNothing, live, {std::string(kBeforeFirstApply), writer.part, writer.now}, managed);
  }
  bring_up_to_date(kind, managed);
  Json merged = before;
  merge_fields(schema, merged, configuration);

  const ManagerIdentity who = identity_of(kind, writer, ManagedBy::Apply);
  FieldSet last;
  ManagedEntry entry{who, std::nullopt, own_part(writer.part, fields_of(schema, configuration))};
  if (ManagedEntry* present = managed.find(who)) {
    last = std::move(present->fields);
    entry.time = present->time;
  }
  managed.set(std::move(entry));
  prune(schema, merged, last, managed);

  const PartChanges changes = compare_part(kind, writer.part, before, merged);
  if (on_conflict == OnConflict::Refuse) {
    std::vector<ApplyConflict> conflicts = conflicts_of(managed, who, changes.changed);
    if (writer.manager == "kubectl" && !conflicts.empty()) allow_last_applied(kind, before, conflicts);
    if (!conflicts.empty()) throw conflict_error(std::move(conflicts));
  }
  for (ManagedEntry& other : managed.entries()) {
    if (!other.who.is_same(who)) take(other, changes);
  }
  if (ManagedEntry* mine = managed.find(who)) {
    mine->fields.subtract(unmanaged_fields());
    if (!base::json_equal(before, merged)) mine->time = std::chrono::floor<std::chrono::seconds>(writer.now);
  }
  managed.drop_empty();
  if (writer.manager == "kubectl") renew_last_applied(merged, configuration);
  return {std::move(merged), std::move(managed)};
}

}  // namespace berth::resources
