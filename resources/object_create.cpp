// SPDX-License-Identifier: Apache-2.0
// ObjectWriter's creates: the hot path. The body's own DOM is admitted in place and serialised once.
#include "resources/apply/managed_write.hpp"
#include "resources/apply/new_fields.hpp"
#include "resources/audit/audit.hpp"
#include "resources/built_in_rules.hpp"
#include "resources/event_rules.hpp"
#include "resources/object/draft.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/object_writer.hpp"
#include "resources/owner_rules.hpp"
#include "resources/rights/rbac_rules.hpp"
#include "resources/stack_rules.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

using namespace std::chrono_literals;

constexpr int kMostNames = 8;  // upstream's

void check_new_body(const Kind& kind, const Json& object, std::string_view ns) {
  const std::string_view found = base::string_at(object, "metadata.namespace");
  if (kind.namespaced && !found.empty() && found != ns) {
    throw base::bad_request("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!base::string_at(object, "metadata.resourceVersion").empty()) {
    throw base::bad_request("resourceVersion should not be set on objects to be created");
  }
}

base::Status no_unique_name(const Kind& kind, std::string_view name) {
  const base::Status taken = base::already_exists(kind.resource(), name);
  return base::Status(base::Reason::AlreadyExists,
                      taken.message() + ", the server was not able to generate a unique name for the object",
                      taken.details())
      .with_retry_after(1s);
}

// The tree is written out. Where the caller gave memory for it alone, that serves the next request while the disk
// works for this one: a hundred trees in waiting are more than the processor's cache holds.
void give_back_tree(Json& value) {
  auto* memory = dynamic_cast<boost::json::monotonic_resource*>(value.storage().get());
  if (memory == nullptr) return;
  std::destroy_at(&value);
  std::construct_at(&value);
  memory->release();
}

// A create that nothing is stored of has no version.
Object without_revision(Json value, std::string_view managed_fields) {
  base::JsonObject& metadata = value.as_object()["metadata"].as_object();
  metadata.erase("resourceVersion");
  if (!managed_fields.empty()) metadata["managedFields"] = base::parse_json(managed_fields);
  return {std::make_shared<const std::string>(base::to_canonical(value)), 0};
}

}  // namespace

Task<Written> ObjectWriter::create(Caller caller, const Kind& kind, std::string ns, Body body, WriteOptions options,
                                   const Kind* seen_as) {
  if (!kind.namespaced) ns.clear();
  try {
    Admitted object = begin_create(kind, ns, std::move(body), options);
    object.seen_as = seen_as;
    const bool named = !base::string_at(object.value, "metadata.name").empty() ||
                       base::string_at(object.value, "metadata.generateName").empty();
    Task<Written> write =
        named ? create_once(caller, kind, ns, object, options) : create_generated(caller, kind, ns, object, options);
    Written written = co_await std::move(write);
    counters_.count(kind, "create", "created");
    co_return written;
  } catch (...) {
    counters_.count(kind, "create", "refused");
    throw;
  }
}

ObjectWriter::Admitted ObjectWriter::begin_create(const Kind& kind, const std::string& ns, Body body,
                                                  const WriteOptions& options) const {
  Admitted object{.value = std::move(body.value)};  // not assigned: its memory may be the caller's
  check_type(kind, object.value);
  object.warnings =
      check_fields(kind, object.value, body.duplicate_fields, options.field_validation, Origin::Create, nullptr);
  check_new_body(kind, object.value, ns);
  const std::string name(base::string_at(object.value, "metadata.name"));
  if (!ns.empty()) options_.namespaces->check_open(kind, name, ns);
  object.sent_managed_fields = sent_managed_fields(Part::Main, object.value);
  normalise_metadata(object.value);
  if (auto warning = drop_repeated_owners(object.value, Origin::Create)) object.warnings.push_back(*std::move(warning));
  stamp_new(object.value, ns, options_.clock->now());
  return object;
}

Task<Written> ObjectWriter::create_generated(const Caller& caller, const Kind& kind, const std::string& ns,
                                             Admitted& object, const WriteOptions& options) {
  std::string name;
  for (int names = 0; names < kMostNames; ++names) {
    name = generated_name(base::string_at(object.value, "metadata.generateName"), options_.name_suffix());
    Admitted next = object;
    next.value.as_object()["metadata"].as_object()["name"] = name;
    try {
      co_return co_await create_once(caller, kind, ns, next, options);
    } catch (const base::Status& status) {
      if (status.reason() != base::Reason::AlreadyExists) throw;
    }
  }
  throw no_unique_name(kind, name);
}

Task<Written> ObjectWriter::create_once(const Caller& caller, const Kind& kind, const std::string& ns, Admitted& object,
                                        const WriteOptions& options) {
  const base::WallTime now = options_.clock->now();
  stamp_new_status(kind, object.value, now);
  schemas::apply_defaults(kind, object.value);
  admit_built_in(kind, object.value);
  ManagedFields managed;
  if (!object.managed_fields) {
    const FieldWriter writer{manager_of(caller, options), Part::Main, now};
    if (object.sent_managed_fields) {
      managed = managed_at_creation(kind, object.value, object.sent_managed_fields, writer);
      object.managed_fields = managed.text();
    } else {
      object.managed_fields = managed_text_of_new(kind, object.value, writer);
    }
  }
  // From here on the server speaks, whose fields have no manager.
  stamp_finalizers(kind, object.value);
  begin_built_in(kind, object.value);
  StackRules::begin(kind, object.value);
  const std::string name(base::string_at(object.value, "metadata.name"));
  std::vector<base::Cause> causes = schemas::validate(kind, object.value);
  for (base::Cause& cause : check_rbac(kind, object.value, nullptr)) causes.push_back(std::move(cause));
  for (base::Cause& cause : check_event(kind, object.seen_as, object.value, nullptr))
    causes.push_back(std::move(cause));
  for (base::Cause& cause : managed.check()) causes.push_back(std::move(cause));
  if (causes.empty()) StackRules(*options_.reader).check(kind, object.value, nullptr, causes, object.warnings);
  if (!causes.empty()) throw schemas::invalid(kind, name, std::move(causes));
  object.terms = index_terms(kind, object.value);
  options_.access->check(caller, kind, ns, {object.value, object.terms}, nullptr);
  const Target target = target_of(kind, ns, name);
  if (options.dry_run == DryRun::All) {
    if (options_.reader->entry(target)) throw base::already_exists(kind.resource(), name);
    Object shown = without_revision(std::move(object.value), *object.managed_fields);
    co_return Written{std::move(shown), Written::Outcome::Created, std::move(object.warnings)};
  }
  object.draft = make_draft(object.value, *object.managed_fields);
  store::Write write = write_of(caller, target, Part::Main, "create", 0, object);
  if (!ns.empty()) write.guard = NamespaceRules::guard(ns);
  give_back_tree(object.value);
  object.managed_fields.reset();
  std::optional<store::Entry> entry;
  try {
    entry = co_await store_.commit(std::move(write));
    options_.access->take_note(kind, entry->key);
  } catch (const base::Status& status) {
    const base::Reason reason = status.reason();
    if (reason == base::Reason::AlreadyExists) throw base::already_exists(kind.resource(), name);
    const bool by_guard = reason == base::Reason::NotFound || reason == base::Reason::Conflict;
    if (by_guard) throw NamespaceRules::refusal(status, kind, name, ns);
    throw;
  }
  co_return Written{result_of(kind, object.draft, *entry), Written::Outcome::Created, std::move(object.warnings)};
}

}  // namespace berth::resources
