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
#include "resources/caller.hpp"
#include "resources/secret_value.hpp"
#include "schemas/catalog.hpp"
#include "store/key_ring.hpp"
#include "store/store.hpp"

namespace berth::resources {

using base::Json;
using base::Task;
using schemas::Kind;
using store::Bytes;
using store::Revision;

// One object version: the exact wire JSON (keys sorted; a Secret's values opened), shared, immutable.
struct Object {
  Bytes bytes;
  Revision revision = 0;
  Json parse() const { return base::parse_json(*bytes); }
};

enum class DryRun { No, All };
enum class FieldValidation { Ignore, Warn, Strict };
enum class Part { Main, Status };  // the main resource, or its /status subresource

struct WriteOptions {
  DryRun dry_run = DryRun::No;
  FieldValidation field_validation = FieldValidation::Warn;
  std::string field_manager;
};

// A decoded body: the value, and the duplicate fields that its reader met.
using Body = base::ParsedJson;

enum class PatchType { Json, Merge };  // RFC 6902, RFC 7386

struct Written {
  Object object;
  enum class Outcome { Created, Changed, Unchanged, Deleted } outcome = Outcome::Changed;
  std::vector<std::string> warnings;  // become Warning headers
};

struct DeleteOptions {
  std::string uid;  // preconditions, "" for none
  std::string resource_version;
  std::string propagation_policy;  // "", Background, Foreground, Orphan
  DryRun dry_run = DryRun::No;
};

struct ListOptions {
  std::string label_selector;          // "app=web,tier!=db": upstream's grammar
  std::string field_selector;          // metadata.name=x, metadata.namespace=y
  std::string resource_version;        // "" newest; "0" any; N not older than
  std::string resource_version_match;  // "", Exact, NotOlderThan
};

struct ListPage {
  Revision revision = 0;
  std::vector<Object> items;  // key order: namespace, name
};

struct WatchOptions {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // "" or "0": the present objects as ADDED first, then changes; N: changes after N
};

enum class WatchEventType { Added, Modified, Deleted };
struct WatchEvent {
  WatchEventType type = WatchEventType::Added;
  Object object;  // Deleted: the last state, stamped with the deletion's revision
};

// Ends by throwing Expired (the caller lists again) or Cancelled. An object that leaves the selector is Deleted,
// one that enters it is Added.
class ObjectWatch {
 public:
  virtual ~ObjectWatch() = default;
  // At least one event, or none when `limit` of real time passed first.
  virtual Task<std::vector<WatchEvent>> next_for(std::chrono::steady_clock::duration limit) = 0;
  virtual Revision progress() const = 0;  // for bookmarks
};

// An engine action that must be on record before it happens. Nothing secret goes in.
struct EngineAction {
  std::string action;  // create, start, stop, kill, remove, rename, update, pull, connect, ...
  std::string host;
  std::string target;  // container name or id, image reference
  std::string kind;    // the object it is done for
  std::string ns;
  std::string name;
  std::string uid;
};
struct EngineOutcome {
  bool succeeded = false;
  std::string message;  // the engine's words when it failed
  std::chrono::milliseconds duration{0};
};

// A Kubernetes Event about an object. Repeats raise count and lastTimestamp of the same Event.
struct EventNote {
  enum class Type { Normal, Warning } type = Type::Normal;
  std::string reason;  // "Pulled", "Created", "Started", "Killing", "Failed", "BackOff"
  std::string message;
};

struct ResourcesOptions {
  store::Store* store = nullptr;
  const store::KeyRing* keys = nullptr;
  base::Clock* clock = nullptr;
  base::Metrics* metrics = nullptr;
};

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
  // Outcome Deleted when it is gone; Changed when finalizers keep it (deletionTimestamp is set).
  virtual Task<Written> remove(Caller caller, const Kind& kind, std::string ns, std::string name,
                               DeleteOptions options) = 0;

  virtual Object get(const Kind& kind, std::string_view ns, std::string_view name) const = 0;  // throws NotFound
  virtual std::optional<Object> find(const Kind& kind, std::string_view ns, std::string_view name) const = 0;
  // `ns` "" lists every namespace. Waits briefly for a resourceVersion in the future, then Timeout.
  virtual Task<ListPage> list(const Kind& kind, std::string ns, ListOptions options) const = 0;
  // A `name` restricts the watch to one object.
  virtual std::unique_ptr<ObjectWatch> watch(const Kind& kind, std::string ns, WatchOptions options,
                                             base::Executor loop) const = 0;

  // For reconcilers. Writes only `status` (merged over nothing: the whole value), against uid: an object of another
  // uid, or none, is left alone and gives nothing. An equal status writes nothing. Retries on conflict.
  virtual Task<std::optional<Object>> set_status(Caller caller, const Kind& kind, std::string ns, std::string name,
                                                 std::string uid, Json status) = 0;
  // Adds or removes one finalizer, retried on conflict; nothing happens when it already is so or the uid differs.
  virtual Task<void> remove_finalizer(Caller caller, const Kind& kind, std::string ns, std::string name,
                                      std::string uid, std::string finalizer) = 0;
  // A Secret's value, opened for one pass. Throws NotFound naming what is missing. A ConfigMap is read with get().
  virtual SecretValue open_secret(const Caller& caller, std::string_view ns, std::string_view name,
                                  std::string_view key) const = 0;
  // Every key of it, for envFrom.
  virtual std::vector<std::pair<std::string, SecretValue>> open_secret_all(const Caller& caller, std::string_view ns,
                                                                           std::string_view name) const = 0;

  // Who refers to an object, by the x-berth-ref marks: names of `referrer` objects, from the index.
  struct Name {
    std::string ns;
    std::string name;
    bool operator==(const Name&) const = default;
  };
  virtual std::vector<Name> referrers(const Kind& referrer, std::string_view target_kind, std::string_view ns,
                                      std::string_view name) const = 0;

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

  // First start: the namespaces `default` (labelled privileged) and `berth-system`, and the instance id.
  virtual Task<void> bootstrap(std::string instance_override) = 0;
  virtual const std::string& instance() const = 0;  // the berth.dev/instance label's value
  virtual const base::Key32& hash_key() const = 0;  // for spec hashes over secret content; made once, sealed
  virtual Revision revision() const = 0;
  virtual bool namespace_is_empty(std::string_view ns) const = 0;
};

}  // namespace berth::resources
