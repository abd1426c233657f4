// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/managed_write.hpp"

#include "resources/object/object_meta.hpp"

namespace berth::resources {

namespace {

bool says_other(const std::optional<Json>& sent, const Json& live) {
  const Json* present = base::find_path(live, "metadata.managedFields");
  return sent && (present == nullptr || !base::json_equal(*sent, *present));
}

}  // namespace

std::string manager_of(const Caller& caller, const WriteOptions& options) {
  if (!options.field_manager.empty()) return options.field_manager;
  return caller.is_controller() ? "berthd" : "unknown";
}

std::optional<Json> sent_managed_fields(Part part, const Json& body) {
  const Json* sent = part == Part::Main ? base::find_path(body, "metadata.managedFields") : nullptr;
  if (sent == nullptr) return std::nullopt;
  return *sent;
}

ManagedFields managed_at_creation(const Kind& kind, const Json& object, const std::optional<Json>& sent,
                                  const FieldWriter& writer) {
  static const Json kNothing = base::JsonObject();
  ManagedFields managed = managed_before(kNothing, sent ? &*sent : nullptr);
  track_update(kind, kNothing, object, writer, managed);
  return managed;
}

ManagedFields managed_after(const Kind& kind, const Json& live, const std::optional<Json>& sent,
                            const std::optional<ManagedFields>& applied, const Json& next, const FieldWriter& writer) {
  const bool is_same = same_but_managed_fields(live, next);
  if (is_same && !applied && !says_other(sent, live)) return managed_before(live, nullptr);
  ManagedFields managed = applied ? *applied : managed_before(live, sent ? &*sent : nullptr);
  if (!applied && !managed.empty()) track_update(kind, live, next, writer, managed);
  if (!is_same) return managed;
  ManagedFields before = managed_before(live, nullptr);
  return managed.is_same_but_times(before) ? before : managed;
}

}  // namespace berth::resources
