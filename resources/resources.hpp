// SPDX-License-Identifier: Apache-2.0
#pragma once
// The verbs on objects, and the only door to the store: users, agents, reconcilers and compatibility routes all
// write through here. Each write is defaulted, pruned, validated, checked against the version it expects, and
// committed in one batch with its audit record. Errors are Statuses with Kubernetes' reasons and words. Any loop;
// results resume on the caller's. It knows nothing of HTTP or Docker.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/metrics.hpp"
#include "base/task.hpp"
#include "resources/change_watch.hpp"
#include "resources/object/secret_value.hpp"
#include "resources/request/caller.hpp"
#include "resources/request/engine_action.hpp"
#include "resources/request/event_note.hpp"
#include "resources/request/request.hpp"
#include "store/key_ring.hpp"
#include "store/store.hpp"

namespace berth::resources {

struct ResourcesOptions {
  store::Store* store = nullptr;
  const store::KeyRing* keys = nullptr;
  base::Clock* clock = nullptr;
  base::Metrics* metrics = nullptr;
};

class AccountTokens;
class AuditRecords;
class Authorizer;
class EngineView;
class KeyRotation;

class Resources {
 public:
  static std::unique_ptr<Resources> make(ResourcesOptions options);
  virtual ~Resources() = default;

  // `ns` is "" for cluster-scoped kinds. A namespace that does not exist is NotFound, a terminating one Forbidden.
  virtual Task<Written> create(Caller caller, const Kind& kind, std::string ns, Body body, WriteOptions options) = 0;
  virtual Task<Written> update(Caller caller, const Kind& kind, std::string ns, std::string name, Part part, Body body,
                               WriteOptions options) = 0;
  // Retried inside when another write came between and the patch names no resourceVersion.
  virtual Task<Written> patch(Caller caller, const Kind& kind, std::string ns, std::string name, Part part,
                              PatchType type, Body patch, WriteOptions options) = 0;
  // Server-side apply. Outcome Created when there was no such object.
  virtual Task<Written> apply(Caller caller, const Kind& kind, std::string ns, std::string name, Part part,
                              Body configuration, ApplyOptions options) = 0;
  // Outcome Deleted when it is gone; Changed when finalizers keep it (deletionTimestamp is set).
  virtual Task<Written> remove(Caller caller, const Kind& kind, std::string ns, std::string name,
                               DeleteOptions options) = 0;

  virtual Object get(const Kind& kind, std::string_view ns, std::string_view name) const = 0;  // throws NotFound
  // Returns when what is read is no older than that resourceVersion; waits briefly, then Timeout.
  virtual Task<void> reach(std::string resource_version) const = 0;
  virtual std::optional<Object> find(const Kind& kind, std::string_view ns, std::string_view name) const = 0;
  // `ns` "" lists every namespace. Waits briefly for a resourceVersion in the future, then Timeout.
  // A list of a past revision (Exact) throws TooManyRequests while eight others are held.
  virtual Task<ListPage> list(const Kind& kind, std::string ns, ListOptions options) const = 0;
  // What a list or a watch left sealed. Throws InternalError when it does not open.
  virtual SecretValue open(const Kind& kind, const SealedObject& sealed) const = 0;
  // A `name` restricts the watch to one object.
  virtual std::unique_ptr<ObjectWatch> watch(const Kind& kind, std::string ns, WatchOptions options,
                                             base::Executor loop) const = 0;

  // The specs that an object has and had, oldest first, see SpecHistory. Throws NotFound, also for a kind without any.
  virtual std::vector<Json> revisions(const Kind& kind, std::string_view ns, std::string_view name) const = 0;
  // For reconcilers. Writes only `status` (merged over nothing: the whole value), against uid: an object of another
  // uid, or none, is left alone and gives nothing. An equal status writes nothing. Retries on conflict.
  virtual Task<std::optional<Object>> set_status(Caller caller, const Kind& kind, std::string ns, std::string name,
                                                 std::string uid, Json status) = 0;
  // Removes one finalizer, retried on conflict; nothing happens when it is not there or the uid differs. The last one
  // of an object that is being deleted ends it.
  virtual Task<void> remove_finalizer(Caller caller, const Kind& kind, std::string ns, std::string name,
                                      std::string uid, std::string finalizer) = 0;
  // A Secret's value, opened for one pass. Throws NotFound naming what is missing. A ConfigMap is read with get().
  virtual SecretValue open_secret(const Caller& caller, std::string_view ns, std::string_view name,
                                  std::string_view key) const = 0;
  // Every key of it, for envFrom.
  virtual std::vector<std::pair<std::string, SecretValue>> open_secret_all(const Caller& caller, std::string_view ns,
                                                                           std::string_view name) const = 0;

  // Berth's own change of a live object: `edit` makes it, and says whether there is any. Retried when another write
  // came between. An object of another uid, or none, is left alone and gives nothing.
  virtual Task<std::optional<Object>> amend(Caller caller, const Kind& kind, std::string ns, std::string name,
                                            std::string uid, Part part, Edit edit) = 0;

  // Who refers to an object, by the x-berth-ref marks: names of `referrer` objects, from the index.
  struct Name {
    std::string ns;
    std::string name;
    bool operator==(const Name&) const = default;
  };
  virtual std::vector<Name> referrers(const Kind& referrer, std::string_view target_kind, std::string_view ns,
                                      std::string_view name) const = 0;
  // The other way round: the first object of `target_kind` that this one refers to. From the index, nothing is parsed.
  virtual std::optional<Name> referred(const Kind& referrer, std::string_view ns, std::string_view name,
                                       std::string_view target_kind) const = 0;
  // Who names this uid in metadata.ownerReferences, of any kind, from the index.
  virtual std::vector<Place> dependents(std::string_view uid) const = 0;
  virtual std::unique_ptr<ChangeWatch> watch_changes(base::Executor loop) const = 0;

  // Who may do what, by the roles that stand.
  virtual const Authorizer& authorizer() const = 0;
  // Tokens of ServiceAccounts.
  virtual AccountTokens& account_tokens() = 0;
  // Throws Forbidden when the namespace does not allow what the object would run. Reconcilers ask before each engine
  // create: the namespace may have changed since the object was written.
  virtual void check_workload(const Kind& kind, std::string_view ns, const Json& object) const = 0;
  // Fills the rules of the ClusterRoles that gather others'.
  virtual Task<void> aggregate_cluster_roles() = 0;

  // Intent before, outcome after. No intent record, no engine call: begin_action throws when it cannot be written.
  virtual Task<std::uint64_t> begin_action(Caller caller, EngineAction action) = 0;
  virtual Task<void> end_action(Caller caller, std::uint64_t intent, EngineAction action, EngineOutcome outcome) = 0;
  // Marks intents without an outcome as `unknown`. Once, at start.
  virtual Task<void> close_open_actions() = 0;

  // Never fails the caller: an Event that cannot be written is logged.
  virtual Task<void> note_event(Caller caller, const Kind& kind, const Json& object, EventNote note) = 0;

  // A denied request, for the audit: one record per actor, address, verb, resource and minute, with a count.
  virtual Task<void> note_denial(Caller caller, std::string verb, std::string resource, std::string ns,
                                 std::string name, std::string message) = 0;

  // A read of what is secret goes on record before it is answered: throws when it cannot be written.
  virtual Task<void> note_read(Caller caller, const Kind& kind, std::string verb, std::string ns, std::string name) = 0;
  virtual const AuditRecords& audit_records() const = 0;
  // What is read through from the engines, and the port to act on them.
  virtual EngineView& engines() = 0;
  virtual KeyRotation& key_rotation() = 0;

  // First start: the namespaces `default` (labelled privileged) and `berth-system`, and the instance id.
  virtual Task<void> bootstrap(std::string instance_override) = 0;
  virtual const std::string& instance() const = 0;  // the berth.dev/instance label's value
  virtual const base::Key32& hash_key() const = 0;  // for spec hashes over secret content; made once, sealed
  virtual Revision revision() const = 0;
  // What a watch of this kind begins behind, when it skips what is there.
  virtual Revision newest(const Kind& kind) const = 0;
};

}  // namespace berth::resources
