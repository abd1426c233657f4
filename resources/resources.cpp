// SPDX-License-Identifier: Apache-2.0
#include "resources/resources.hpp"

#include "resources/account_tokens.hpp"
#include "resources/apply/patch.hpp"
#include "resources/apply/strategic_patch.hpp"
#include "resources/audit/action_journal.hpp"
#include "resources/audit/audit_records.hpp"
#include "resources/audit/denial_journal.hpp"
#include "resources/bootstrap.hpp"
#include "resources/declared_kinds.hpp"
#include "resources/engine_view.hpp"
#include "resources/event_recorder.hpp"
#include "resources/event_view.hpp"
#include "resources/key_rotation.hpp"
#include "resources/object/deletion.hpp"
#include "resources/object/object_key.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/object_writer.hpp"
#include "resources/request/list_position.hpp"
#include "resources/role_keeping.hpp"
#include "resources/secret_reader.hpp"
#include "resources/spec_history.hpp"

namespace berth::resources {
namespace {

Target written_target(const Kind& kind, std::string ns, std::string name) {
  if (!is_event_view(kind)) return target_of(kind, std::move(ns), std::move(name));
  Target target = target_of(core_event(), std::move(ns), std::move(name));
  target.seen_as = &kind;
  return target;
}

// Joins the parts. What it keeps of its own is written once, by bootstrap, before anything else runs.
class StoredResources final : public Resources {
 public:
  explicit StoredResources(const ResourcesOptions& options)
      : store_(*options.store),
        keys_(*options.keys),
        reader_(store_, keys_),
        namespaces_(store_),
        rbac_(store_),
        authorizer_(rbac_),
        access_(store_, rbac_, authorizer_),
        account_tokens_(reader_, keys_, *options.clock),
        history_(store_, keys_, *options.clock),
        writer_(
            {&reader_, &namespaces_, options.keys, options.clock, options.metrics, random_suffix, &access_, &history_}),
        actions_(store_, *options.clock, options.metrics),
        denials_(store_, *options.clock),
        clock_(*options.clock),
        audit_records_(store_, denials_),
        key_rotation_(store_, keys_, *options.clock, actions_),
        events_(writer_, reader_, *options.clock, options.metrics) {}

  Task<Written> create(Caller caller, const Kind& kind, std::string ns, Body body, WriteOptions options) override {
    if (is_event_view(kind)) {
      return shown_event(writer_.create(std::move(caller), core_event(), std::move(ns), stored_event(std::move(body)),
                                        std::move(options), &kind));
    }
    return writer_.create(std::move(caller), kind, std::move(ns), std::move(body), std::move(options));
  }
  Task<Written> update(Caller caller, const Kind& kind, std::string ns, std::string name, Part part, Body body,
                       WriteOptions options) override;
  Task<Written> patch(Caller caller, const Kind& kind, std::string ns, std::string name, Part part, PatchType type,
                      Body patch, WriteOptions options) override;
  Task<Written> apply(Caller caller, const Kind& kind, std::string ns, std::string name, Part part, Body configuration,
                      ApplyOptions options) override {
    if (is_event_view(kind)) {
      return shown_event(writer_.apply(std::move(caller), written_target(kind, std::move(ns), std::move(name)), part,
                                       stored_event(std::move(configuration)), std::move(options)));
    }
    return writer_.apply(std::move(caller), target_of(kind, std::move(ns), std::move(name)), part,
                         std::move(configuration), std::move(options));
  }
  Task<Written> remove(Caller caller, const Kind& kind, std::string ns, std::string name,
                       DeleteOptions options) override {
    if (is_event_view(kind)) {
      return shown_event(remove(std::move(caller), core_event(), std::move(ns), std::move(name), std::move(options)));
    }
    if (kind.group == kEngineGroup) {
      return engines_.remove(std::move(caller), kind, std::move(name), std::move(options));
    }
    return writer_.remove(std::move(caller), target_of(kind, std::move(ns), std::move(name)), std::move(options));
  }

  Object get(const Kind& kind, std::string_view ns, std::string_view name) const override {
    if (is_event_view(kind)) return shown_event(reader_.get(core_event(), ns, name));
    if (kind.group == kEngineGroup) return engines_.get(kind, name);
    if (kind.read_through) return audit_records_.get(name);
    return reader_.get(kind, ns, name);
  }
  std::optional<Object> find(const Kind& kind, std::string_view ns, std::string_view name) const override {
    if (is_event_view(kind)) {
      const auto stored = reader_.find(core_event(), ns, name);
      return stored ? std::optional(shown_event(*stored)) : std::nullopt;
    }
    return reader_.find(kind, ns, name);
  }
  Task<void> reach(std::string resource_version) const override {
    co_await reader_.wait_for(read_revision(resource_version));
  }
  Task<ListPage> list(const Kind& kind, std::string ns, ListOptions options) const override {
    if (is_event_view(kind)) {
      return shown_event(reader_.list(core_event(), std::move(ns), stored_event(std::move(options))));
    }
    if (kind.group == kEngineGroup) return list_engines(kind, std::move(options));
    if (kind.read_through) return audit_records_.list(std::move(options));
    return reader_.list(kind, std::move(ns), std::move(options));
  }
  SecretValue open(const Kind& kind, const SealedObject& sealed) const override { return reader_.open(kind, sealed); }
  std::unique_ptr<ObjectWatch> watch(const Kind& kind, std::string ns, WatchOptions options,
                                     base::Executor loop) const override {
    if (is_event_view(kind)) {
      return shown_event(reader_.watch(core_event(), std::move(ns), stored_event(std::move(options)), loop));
    }
    if (kind.read_through) return audit_records_.watch(options);
    return reader_.watch(kind, std::move(ns), std::move(options), loop);
  }

  std::vector<Json> revisions(const Kind& kind, std::string_view ns, std::string_view name) const override {
    if (SpecHistory::records_of(kind) == nullptr) throw base::not_found(kind.resource(), name);
    return history_.list(kind, reader_.get(kind, ns, name).parse());
  }
  Task<std::optional<Object>> set_status(Caller caller, const Kind& kind, std::string ns, std::string name,
                                         std::string uid, Json status) override;
  Task<void> remove_finalizer(Caller caller, const Kind& kind, std::string ns, std::string name, std::string uid,
                              std::string finalizer) override;
  Task<std::optional<Object>> amend(Caller caller, const Kind& kind, std::string ns, std::string name, std::string uid,
                                    Part part, Edit edit) override {
    return writer_.amend(std::move(caller), target_of(kind, std::move(ns), std::move(name)), part, std::move(uid),
                         std::move(edit));
  }
  SecretValue open_secret(const Caller&, std::string_view ns, std::string_view name,
                          std::string_view key) const override {
    return read_secret(reader_, ns, name, key);
  }
  std::vector<std::pair<std::string, SecretValue>> open_secret_all(const Caller&, std::string_view ns,
                                                                   std::string_view name) const override {
    return read_whole_secret(reader_, ns, name);
  }
  std::vector<Name> referrers(const Kind& referrer, std::string_view target_kind, std::string_view ns,
                              std::string_view name) const override;
  std::optional<Name> referred(const Kind& referrer, std::string_view ns, std::string_view name,
                               std::string_view target_kind) const override;
  std::vector<Place> dependents(std::string_view uid) const override;
  std::unique_ptr<ChangeWatch> watch_changes(base::Executor loop) const override {
    return resources::watch_changes(store_, loop);
  }

  const Authorizer& authorizer() const override { return authorizer_; }
  AccountTokens& account_tokens() override { return account_tokens_; }
  void check_workload(const Kind& kind, std::string_view ns, const Json& object) const override {
    access_.check_workload(kind, ns, object);
  }
  Task<void> aggregate_cluster_roles() override { return resources::aggregate_cluster_roles(writer_, reader_); }

  Task<std::uint64_t> begin_action(Caller caller, EngineAction action) override {
    return actions_.begin(std::move(caller), std::move(action));
  }
  Task<void> end_action(Caller caller, std::uint64_t intent, EngineAction action, EngineOutcome outcome) override {
    return actions_.end(std::move(caller), intent, std::move(action), std::move(outcome));
  }
  Task<void> close_open_actions() override { return actions_.close_open(); }

  Task<void> note_event(Caller caller, const Kind& kind, const Json& object, EventNote note) override {
    return events_.note(std::move(caller), kind, object, std::move(note));
  }
  Task<void> note_denial(Caller caller, std::string verb, std::string resource, std::string ns, std::string name,
                         std::string message) override {
    return denials_.note(std::move(caller),
                         {std::move(verb), std::move(resource), std::move(ns), std::move(name), std::move(message)});
  }

  Task<void> note_read(Caller caller, const Kind& kind, std::string verb, std::string ns, std::string name) override {
    co_await store_.append(std::string(kAuditJournal), read_record(caller, kind, verb, ns, name, clock_.now()));
  }
  const AuditRecords& audit_records() const override { return audit_records_; }
  EngineView& engines() override { return engines_; }
  KeyRotation& key_rotation() override { return key_rotation_; }

  Task<void> bootstrap(std::string instance_override) override {
    rbac_.load();
    facts_ = co_await resources::bootstrap(writer_, store_, keys_, std::move(instance_override));
    co_await repair_default_roles(writer_, reader_);
    co_await publish_kinds(writer_, reader_);
    co_await account_tokens_.open(facts_->instance);
  }
  const std::string& instance() const override { return facts().instance; }
  const base::Key32& hash_key() const override { return facts().hash_key; }
  Revision revision() const override { return store_.revision(); }
  Revision newest(const Kind& kind) const override {
    return kind.read_through ? audit_records_.newest() : store_.revision();
  }

 private:
  Task<Written> replace(const Caller& caller, const Target& target, Part part, const Body& body,
                        const WriteOptions& options);
  Task<std::optional<Written>> create_absent(const Caller& caller, const Target& target, Body body,
                                             const WriteOptions& options);
  Task<ListPage> list_engines(const Kind& kind, ListOptions options) const {
    co_return engines_.list(kind, options, store_.revision());
  }
  const InstanceFacts& facts() const {
    if (!facts_) throw base::internal_error("the instance is asked for before bootstrap");
    return *facts_;
  }

  store::Store& store_;
  const store::KeyRing& keys_;
  ObjectReader reader_;
  NamespaceRules namespaces_;
  RbacIndex rbac_;
  Authorizer authorizer_;
  AccessRules access_;
  AccountTokens account_tokens_;
  SpecHistory history_;
  ObjectWriter writer_;
  ActionJournal actions_;
  DenialJournal denials_;
  base::Clock& clock_;
  AuditRecords audit_records_;
  KeyRotation key_rotation_;
  EngineView engines_;
  EventRecorder events_;
  std::optional<InstanceFacts> facts_;
};

Task<Written> StoredResources::update(Caller caller, const Kind& kind, std::string ns, std::string name, Part part,
                                      Body body, WriteOptions options) {
  Target target = written_target(kind, std::move(ns), std::move(name));
  if (!is_event_view(kind)) co_return co_await replace(caller, target, part, body, options);
  const Body stored = stored_event(std::move(body));
  co_return co_await shown_event(replace(caller, target, part, stored, options));
}

Task<Written> StoredResources::replace(const Caller& caller, const Target& target, Part part, const Body& body,
                                       const WriteOptions& options) {
  if (part == Part::Main && creates_on_update(*target.kind) && !reader_.entry(target)) {
    std::optional<Written> made = co_await create_absent(caller, target, body, options);
    if (made) co_return *std::move(made);
  }
  const Rewrite how{Origin::Update, part, "update", options};
  Change change = [&body](const Live&) { return Candidate{body.value, body.duplicate_fields, nullptr}; };
  co_return co_await writer_.rewrite(caller, target, how, std::move(change));
}

// An update of what is not there. Nothing when another has made it by now.
Task<std::optional<Written>> StoredResources::create_absent(const Caller& caller, const Target& target, Body body,
                                                            const WriteOptions& options) {
  const Kind& shown = target.seen_as == nullptr ? *target.kind : *target.seen_as;
  const Attributes wanted{"create", shown.group, shown.plural, "", target.ns, target.name, ""};
  if (!authorizer_.may(caller, wanted)) {
    throw forbidden(shown.group, shown.plural, target.name, cannot(caller, wanted));
  }
  check_type(*target.kind, body.value);
  check_place(*target.kind, body.value, target.ns, target.name);
  const std::string_view uid = base::string_at(body.value, "metadata.uid");
  if (!uid.empty()) throw uid_conflict(*target.kind, target.name, uid, "");
  base::make_path(body.value, "metadata").erase("resourceVersion");
  try {
    co_return co_await writer_.create(caller, *target.kind, target.ns, std::move(body), options, target.seen_as);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::AlreadyExists) throw;
  }
  co_return std::nullopt;
}

Json patched(const Kind& kind, PatchType type, const Json& live, const Json& patch) {
  switch (type) {
    case PatchType::Json:
      return apply_json_patch(live, patch);
    case PatchType::Merge:
      return apply_merge_patch(live, patch);
    case PatchType::Strategic:
      break;
  }
  return apply_strategic_patch(live, patch, kind);
}

Task<Written> StoredResources::patch(Caller caller, const Kind& kind, std::string ns, std::string name, Part part,
                                     PatchType type, Body patch, WriteOptions options) {
  const Target target = written_target(kind, std::move(ns), std::move(name));
  if (is_event_view(kind)) patch = stored_event_patch(type, std::move(patch));
  const Rewrite how{Origin::Patch, part, "patch", std::move(options)};
  Change change = [&patch, &target, type](const Live& live) {
    return Candidate{patched(*target.kind, type, live.value, patch.value), patch.duplicate_fields, &patch.value};
  };
  Task<Written> written = writer_.rewrite(std::move(caller), target, how, std::move(change));
  if (!is_event_view(kind)) co_return co_await std::move(written);
  co_return co_await shown_event(std::move(written));
}

Task<std::optional<Object>> StoredResources::set_status(Caller caller, const Kind& kind, std::string ns,
                                                        std::string name, std::string uid, Json status) {
  Edit edit = [&status](Json& object) {
    const Json* present = base::find_path(object, "status");
    if (present != nullptr && base::json_equal(*present, status)) return false;
    object.as_object()["status"] = status;
    return true;
  };
  co_return co_await amend(std::move(caller), kind, std::move(ns), std::move(name), std::move(uid), Part::Status,
                           std::move(edit));
}

Task<void> StoredResources::remove_finalizer(Caller caller, const Kind& kind, std::string ns, std::string name,
                                             std::string uid, std::string finalizer) {
  Edit edit = [&finalizer](Json& object) { return erase_finalizer(object, finalizer); };
  co_await amend(std::move(caller), kind, std::move(ns), std::move(name), std::move(uid), Part::Main, std::move(edit));
}

std::vector<Resources::Name> StoredResources::referrers(const Kind& referrer, std::string_view target_kind,
                                                        std::string_view ns, std::string_view name) const {
  store::ListQuery query;
  query.prefix = key_prefix(referrer, "");
  query.terms.push_back(ref_term(target_kind, ns, name));
  std::vector<Name> names;
  for (const store::Entry& entry : store_.list(query).entries) {
    const PlaceInKey place = place_in(referrer, entry.key);
    names.push_back({std::string(place.ns), std::string(place.name)});
  }
  return names;
}

std::optional<Resources::Name> StoredResources::referred(const Kind& referrer, std::string_view ns,
                                                         std::string_view name, std::string_view target_kind) const {
  const auto entry = store_.get(key_of(referrer, ns, name));
  if (!entry) return std::nullopt;
  for (const std::string& term : entry->terms) {
    if (auto found = referred_by(term, target_kind)) return Name{std::string(found->ns), std::string(found->name)};
  }
  return std::nullopt;
}

std::vector<Place> StoredResources::dependents(std::string_view uid) const {
  store::ListQuery query;
  query.terms.push_back(owner_term(uid));
  std::vector<Place> places;
  for (const store::Entry& entry : store_.list(query).entries) {
    const Kind* kind = kind_of_key(entry.key);
    if (kind == nullptr) continue;
    const PlaceInKey place = place_in(*kind, entry.key);
    places.push_back({kind, std::string(place.ns), std::string(place.name)});
  }
  return places;
}

}  // namespace

std::unique_ptr<Resources> Resources::make(ResourcesOptions options) {
  return std::make_unique<StoredResources>(options);
}

}  // namespace berth::resources
