// SPDX-License-Identifier: Apache-2.0
// ObjectWriter's server-side apply.
#include "resources/apply/managed_write.hpp"
#include "resources/configuration_rules.hpp"
#include "resources/lost_races.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/object_writer.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

OnConflict on_conflict(const ApplyOptions& options) { return options.force ? OnConflict::Force : OnConflict::Refuse; }

// A new object of a configuration: the version that it names can only have been another one's.
void name_new(const Target& target, Json& object) {
  base::JsonObject& metadata = object.as_object()["metadata"].as_object();
  const std::string_view uid = base::string_at(object, "metadata.uid");
  if (!uid.empty()) {
    const std::string why =
        "uid mismatch: the provided object specified uid " + std::string(uid) + ", and no existing object was found";
    throw base::conflict(target.kind->resource(), target.name, why);
  }
  metadata.erase("resourceVersion");
  if (base::string_at(object, "metadata.name").empty()) metadata["name"] = target.name;
  check_place(*target.kind, object, target.ns, target.name);
}

}  // namespace

Task<Written> ObjectWriter::apply(Caller caller, Target target, Part part, Body configuration, ApplyOptions options) {
  const char* verb = part == Part::Status ? "status" : "apply";
  co_return co_await counted(*target.kind, verb, apply_uncounted(caller, target, part, configuration, options));
}

Task<Written> ObjectWriter::apply_uncounted(const Caller& caller, const Target& target, Part part, Body& configuration,
                                            const ApplyOptions& options) {
  std::vector<std::string> warnings = check_configuration(target, configuration, options.write.field_validation);
  // Or a list that leaves a default out would differ from the live one.
  schemas::complete_atomic(*target.kind, configuration.value);
  for (LostRaces races(*options_.clock);; co_await races.wait()) {
    const bool is_there = options_.reader->entry(target).has_value();
    if (!is_there && part == Part::Status) throw base::not_found(target.kind->resource(), target.name);
    std::optional<Written> written;
    if (is_there) {
      written = co_await apply_to_live(caller, target, part, configuration, options);
    } else {
      written = co_await apply_to_none(caller, target, configuration, options);
    }
    if (!written) continue;
    written->warnings.insert(written->warnings.begin(), warnings.begin(), warnings.end());
    co_return *std::move(written);
  }
}

Task<std::optional<Written>> ObjectWriter::apply_to_none(const Caller& caller, const Target& target,
                                                         const Body& configuration, const ApplyOptions& options) {
  if (options.create_refusal) throw *options.create_refusal;
  const Kind& kind = *target.kind;
  const FieldWriter writer{manager_of(caller, options.write), Part::Main, options_.clock->now()};
  Applied applied = apply_configuration(kind, Json(), configuration.value, {}, writer, on_conflict(options));
  Admitted object{.value = std::move(applied.value)};
  object.managed_fields = applied.managed.text();
  object.seen_as = target.seen_as;
  name_new(target, object.value);
  if (!target.ns.empty()) options_.namespaces->check_open(kind, target.name, target.ns);
  normalise_metadata(object.value);
  stamp_new(object.value, target.ns, options_.clock->now());
  try {
    co_return co_await create_once(caller, kind, target.ns, object, options.write);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::AlreadyExists) throw;
    co_return std::nullopt;
  }
}

Task<std::optional<Written>> ObjectWriter::apply_to_live(const Caller& caller, const Target& target, Part part,
                                                         const Body& configuration, const ApplyOptions& options) {
  const FieldWriter writer{manager_of(caller, options.write), part, options_.clock->now()};
  const Change change = [&](const Live& live) -> std::optional<Candidate> {
    Applied applied = apply_configuration(*target.kind, live.value, configuration.value,
                                          managed_before(live.value, nullptr), writer, on_conflict(options));
    Candidate next{std::move(applied.value), {}, nullptr};
    next.managed = std::move(applied.managed);
    return next;
  };
  const Rewrite how{Origin::Server, part, "patch", options.write};
  try {
    co_return co_await rewrite_uncounted(caller, target, how, change);
  } catch (const base::Status& status) {
    // Gone by now, and so to be made anew.
    if (status.reason() != base::Reason::NotFound || options_.reader->entry(target)) throw;
    co_return std::nullopt;
  }
}

}  // namespace berth::resources
