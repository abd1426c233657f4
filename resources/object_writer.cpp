// SPDX-License-Identifier: Apache-2.0
#include "resources/object_writer.hpp"

#include <algorithm>

#include "resources/apply/managed_write.hpp"
#include "resources/audit/audit.hpp"
#include "resources/built_in_rules.hpp"
#include "resources/event_rules.hpp"
#include "resources/lost_races.hpp"
#include "resources/object/core_kinds.hpp"
#include "resources/object/deletion.hpp"
#include "resources/object/draft.hpp"
#include "resources/object/object_key.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/object/sealing.hpp"
#include "resources/owner_rules.hpp"
#include "resources/propagation.hpp"
#include "resources/rights/authorizer.hpp"
#include "resources/rights/rbac_rules.hpp"
#include "resources/stack_rules.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

const char* name_of(Written::Outcome outcome) {
  switch (outcome) {
    case Written::Outcome::Created:
      return "created";
    case Written::Outcome::Changed:
      return "changed";
    case Written::Outcome::Unchanged:
      return "unchanged";
    case Written::Outcome::Deleted:
      return "deleted";
  }
  return "";
}

bool has_its_finalizer(const Json& ns) {
  const Json* list = base::find_path(ns, "spec.finalizers");
  return list != nullptr && list->is_array() &&
         std::ranges::find(list->get_array(), Json(kNamespaceFinalizer)) != list->get_array().end();
}

// Without it a deletion would be the end at once, and what is inside would be left behind, containers and all.
void check_still_held(const Json& live, const Json& merged) {
  const bool ending = base::find_path(live, "metadata.deletionTimestamp") != nullptr;
  if (ending || !has_its_finalizer(live) || has_its_finalizer(merged)) return;
  throw forbidden("", "namespaces", base::string_at(live, "metadata.name"),
                  "the finalizer " + std::string(kNamespaceFinalizer) +
                      " can be taken out of spec.finalizers while the namespace is Terminating only");
}

// /finalize takes nothing but spec.finalizers, /status nothing but the status, the main resource everything else.
Json with_part_of(Part part, const Json& live, Json candidate) {
  if (part == Part::Finalize) {
    Json merged = live;
    const Json* finalizers = base::find_path(candidate, "spec.finalizers");
    base::make_path(merged, "spec")["finalizers"] = finalizers == nullptr ? Json(base::JsonArray()) : *finalizers;
    check_still_held(live, merged);
    return merged;
  }
  Json* from = candidate.as_object().if_contains("status");
  if (part == Part::Status) {
    Json merged = live;
    if (from != nullptr) {
      merged.as_object()["status"] = std::move(*from);
    } else {
      merged.as_object().erase("status");
    }
    return merged;
  }
  if (const Json* status = live.as_object().if_contains("status")) {
    candidate.as_object()["status"] = *status;
  } else {
    candidate.as_object().erase("status");
  }
  return candidate;
}

Object dry(const store::Draft& draft, Revision revision) {
  return {std::make_shared<const std::string>(fill(draft, revision)), revision};
}

}  // namespace

ObjectWriter::ObjectWriter(WriterOptions options)
    : options_(std::move(options)), store_(options_.reader->store()), counters_(options_.metrics) {}

Task<Written> ObjectWriter::rewrite(Caller caller, Target target, Rewrite how, Change change) {
  co_return co_await counted(*target.kind, how.part == Part::Status ? "status" : how.verb,
                             rewrite_uncounted(caller, target, how, change));
}

Task<Written> ObjectWriter::remove(Caller caller, Target target, DeleteOptions options) {
  co_return co_await counted(*target.kind, "delete", remove_uncounted(caller, target, options));
}

Task<Written> ObjectWriter::counted(const Kind& kind, const char* verb, Task<Written> write) {
  try {
    Written written = co_await std::move(write);
    counters_.count(kind, verb, name_of(written.outcome));
    co_return written;
  } catch (...) {
    counters_.count(kind, verb, "refused");
    throw;
  }
}

Task<Written> ObjectWriter::rewrite_uncounted(const Caller& caller, const Target& target, const Rewrite& how,
                                              const Change& change) {
  for (LostRaces races(*options_.clock);; co_await races.wait()) {
    const Live live = load(target);
    std::optional<Candidate> candidate = change(live);
    if (!candidate) co_return Written{live.object, Written::Outcome::Unchanged, {}};
    const bool applies = candidate->managed.has_value();
    Admitted next = admit(caller, target, how, live, *std::move(candidate));
    if (next.op == store::Op::Put && same_but_revision(next.draft, *live.object.bytes)) {
      co_return Written{live.object, Written::Outcome::Unchanged, std::move(next.warnings)};
    }
    next.terms = index_terms(*target.kind, next.value);
    if (how.part == Part::Main) {
      const auto after_apply = applies ? std::optional<std::string_view>(*next.managed_fields) : std::nullopt;
      options_.access->check_operator(caller, *target.kind, target.ns,
                                      {next.value, live.value, next.sent_managed_fields, after_apply});
      const IndexedObject stored{live.value, live.entry.terms};
      options_.access->check(caller, *target.kind, target.ns, {next.value, next.terms}, &stored);
    }
    const auto outcome = next.op == store::Op::Put ? Written::Outcome::Changed : Written::Outcome::Deleted;
    if (how.options.dry_run == DryRun::All) {
      co_return Written{dry(next.draft, live.entry.revision), outcome, std::move(next.warnings)};
    }
    co_await keep_history(target, live, next);
    store::Write write = write_of(caller, target, how.part, how.verb, live.entry.revision, next);
    const auto entry = co_await try_commit(*target.kind, std::move(write));
    if (entry) co_return Written{result_of(*target.kind, next.draft, *entry), outcome, std::move(next.warnings)};
  }
}

Task<Written> ObjectWriter::remove_uncounted(const Caller& caller, const Target& target, const DeleteOptions& options) {
  check_propagation(options.propagation_policy);
  if (is_namespace(*target.kind)) NamespaceRules::check_removable(*target.kind, target.name);
  for (LostRaces races(*options_.clock);; co_await races.wait()) {
    const Live live = load(target);
    const std::string_view uid = base::string_at(live.value, "metadata.uid");
    if (!options.uid.empty() && options.uid != uid) throw uid_conflict(*target.kind, target.name, options.uid, uid);
    if (!options.resource_version.empty() && options.resource_version != std::to_string(live.entry.revision)) {
      throw modified_conflict(*target.kind, target.name);
    }
    StackRules(*options_.reader).check_removal(caller, target, live.value);
    std::optional<Admitted> last = mark_for_deletion(*target.kind, live, options.propagation_policy);
    const bool sealed = ObjectReader::leaves_sealed(*target.kind, options);
    if (!last) {
      Written same{live.object, Written::Outcome::Unchanged, {}};
      if (sealed) same = {{}, same.outcome, {}, SealedObject{live.entry, live.entry.revision}};
      co_return same;
    }
    const auto outcome = last->op == store::Op::Put ? Written::Outcome::Changed : Written::Outcome::Deleted;
    if (options.dry_run == DryRun::All) co_return Written{dry(last->draft, live.entry.revision), outcome, {}};
    co_await keep_history(target, live, *last);
    store::Write write = write_of(caller, target, Part::Main, "delete", live.entry.revision, *last);
    const auto entry = co_await try_commit(*target.kind, std::move(write));
    if (entry && sealed) co_return Written{{}, outcome, {}, SealedObject{*entry, entry->revision}};
    if (entry) co_return Written{result_of(*target.kind, last->draft, *entry), outcome, {}};
  }
}

Task<void> ObjectWriter::keep_history(const Target& target, const Live& live, const Admitted& next) {
  if (next.op == store::Op::Delete) {
    co_await options_.history->forget(*target.kind, live.value);
  } else {
    co_await options_.history->keep(*target.kind, live.value, next.value);
  }
}

Live ObjectWriter::load(const Target& target) const {
  auto entry = options_.reader->entry(target);
  if (!entry) throw base::not_found(target.kind->resource(), target.name);
  Object object = options_.reader->present(*target.kind, *entry);
  Json value = object.parse();
  return {*std::move(entry), std::move(object), std::move(value)};
}

ObjectWriter::Admitted ObjectWriter::admit(const Caller& caller, const Target& target, const Rewrite& how,
                                           const Live& live, Candidate candidate) const {
  const Kind& kind = *target.kind;
  Json& value = candidate.value;
  check_type(kind, value);
  check_place(kind, value, target.ns, target.name);
  Admitted next;
  next.warnings =
      check_fields(kind, value, candidate.duplicate_fields, how.options.field_validation, how.origin, candidate.patch);
  check_precondition(kind, value, live.value, live.entry.revision, how.origin);
  next.sent_managed_fields = sent_managed_fields(how.part, value);
  next.value = with_part_of(how.part, live.value, std::move(value));
  normalise_metadata(next.value);
  if (auto warning = drop_repeated_owners(next.value, how.origin)) next.warnings.push_back(*std::move(warning));
  carry_over_metadata(live.value, next.value);
  if (how.part == Part::Main) carry_over_built_in(kind, live.value, next.value);
  StackRules::carry_over(kind, live.value, next.value);
  schemas::apply_defaults(kind, next.value);
  admit_built_in(kind, next.value);
  const ManagedFields managed = managed_after(kind, live.value, next.sent_managed_fields, candidate.managed, next.value,
                                              {manager_of(caller, how.options), how.part, options_.clock->now()});
  next.managed_fields = managed.text();
  std::vector<base::Cause> causes = schemas::validate_update(kind, next.value, live.value);
  for (base::Cause& cause : managed.check()) causes.push_back(std::move(cause));
  for (base::Cause& cause : check_deletion_fields(live.value, next.value)) causes.push_back(std::move(cause));
  for (base::Cause& cause : check_rbac(kind, next.value, &live.value)) causes.push_back(std::move(cause));
  for (base::Cause& cause : check_event(kind, target.seen_as, next.value, &live.value)) {
    causes.push_back(std::move(cause));
  }
  if (causes.empty()) StackRules(*options_.reader).check(kind, next.value, &live.value, causes, next.warnings);
  if (!causes.empty()) throw schemas::invalid(kind, target.name, std::move(causes));
  raise_generation(live.value, next.value);
  if (is_deleting(next.value) && !is_held(kind, next.value)) next.op = store::Op::Delete;
  next.draft = make_draft(next.value, *next.managed_fields);
  return next;
}

// The object's end: gone at once, or marked and held by its finalizers. Nothing when that is so already.
std::optional<ObjectWriter::Admitted> ObjectWriter::mark_for_deletion(const Kind& kind, const Live& live,
                                                                      std::string_view policy) const {
  Admitted last;
  last.value = live.value;
  set_propagation(last.value, policy);
  if (!is_held(kind, last.value)) {
    last.op = store::Op::Delete;
  } else if (is_deleting(live.value)) {
    if (base::json_equal(last.value, live.value)) return std::nullopt;
  } else {
    mark_deleting(last.value, options_.clock->now());
    admit_built_in(kind, last.value);
  }
  last.draft = make_draft(last.value);
  last.terms = index_terms(kind, last.value);
  return last;
}

// Takes the object's draft, or of a kind with secrets the value, which is sealed.
store::Write ObjectWriter::write_of(const Caller& caller, const Target& target, Part part, const char* verb,
                                    Revision before, Admitted& object) const {
  const Kind& kind = *target.kind;
  store::Write write;
  write.key = target.key;
  write.op = object.op;
  write.expected = before;
  write.terms = std::move(object.terms);
  write.schema = kind.revision;
  if (is_audited(caller, kind, part)) {
    const std::string uid(base::string_at(object.value, "metadata.uid"));
    write.journal.push_back(
        write_record(caller, kind, {verb, part, target.ns, target.name, uid, before}, options_.clock->now()));
  }
  if (has_sealed_fields(kind)) {
    seal_object(kind, *options_.keys, target.key, object.value);
    write.value = make_draft(object.value, object.managed_fields.value_or(""));
  } else {
    write.value = std::move(object.draft);
  }
  return write;
}

Object ObjectWriter::result_of(const Kind& kind, const store::Draft& draft, const store::Entry& entry) const {
  if (!has_sealed_fields(kind)) return {entry.value, entry.revision};
  return dry(draft, entry.revision);
}

Task<std::optional<store::Entry>> ObjectWriter::try_commit(const Kind& kind, store::Write write) {
  try {
    store::Entry entry = co_await store_.commit(std::move(write));
    options_.access->take_note(kind, entry.key);
    co_return std::move(entry);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Conflict && status.reason() != base::Reason::NotFound) throw;
    co_return std::nullopt;
  }
}

Task<std::optional<Object>> ObjectWriter::amend(Caller caller, Target target, Part part, std::string uid, Edit edit) {
  const Change change = [&](const Live& live) -> std::optional<Candidate> {
    if (base::string_at(live.value, "metadata.uid") != uid) throw base::not_found(target.kind->resource(), target.name);
    Candidate next{live.value, {}, nullptr};
    if (!edit(next.value)) return std::nullopt;
    return next;
  };
  try {
    Written written = co_await rewrite(std::move(caller), target, {Origin::Server, part, "update", {}}, change);
    co_return std::move(written.object);
  } catch (const base::Status& error) {
    if (error.reason() != base::Reason::NotFound) throw;
  }
  co_return std::nullopt;
}

}  // namespace berth::resources
