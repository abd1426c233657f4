// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine view: per host one client, one event stream and one immutable snapshot, replaced whole. Only the Host
// reconciler configures an entry. A host lives on one loop. An event marks the snapshot dirty and it is refreshed;
// a reconnect, a gap or a burst is one list. Reads of the snapshot are lock-free copies of a shared pointer, from
// any thread; everything else happens on the host's loop.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/scope.hpp"
#include "docker/client.hpp"
#include "docker/containers.hpp"
#include "docker/listed.hpp"

namespace berth::docker {

struct Snapshot {
  std::uint64_t generation = 0;  // rises with each replacement
  Containers containers;         // by id
  Listed networks;               // by id
  Listed volumes;                // by name
  Listed images;                 // by id

  const ContainerView* container_by_name(std::string_view name) const { return containers.by_name(name); }
  // Containers whose labels hold all of these.
  std::vector<const ContainerView*> containers_with(const std::map<std::string, std::string>& labels) const;
  const Json* network_by_name(std::string_view name) const;
  // By id, tag ("nginx:1.27", ":latest" added) or digest; nullptr when it is not on the engine.
  const Json* image(std::string_view reference) const;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

enum class Reachability { Unknown, Reachable, Unreachable };

struct EngineState {
  Reachability reachable = Reachability::Unknown;
  std::string message;                       // the transport's words when unreachable
  base::SteadyTime away_since{};             // Unreachable: when it last gave a sign of life
  LinkReport link;                           // the way to it, as of the last change of reachability
  std::shared_ptr<const EngineFacts> facts;  // of the last time that it was reachable; null before the first
  SnapshotPtr snapshot;                      // likewise
};

// What changed on an engine. `container_labels` are those of the container before or after; listeners map them to
// objects. An empty `container` means: anything may have changed (a relist, reachability).
struct EngineChange {
  std::string host;
  std::string container;  // id
  std::string name;
  std::map<std::string, std::string> labels;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const std::string& host() const = 0;
  virtual EngineState state() const = 0;  // any thread
  // Call only on loop(). Throws ServiceUnavailable while unreachable.
  virtual Client& client() = 0;
  virtual base::Executor loop() const = 0;
  // Refreshes one container in the snapshot (inspect; gone when NotFound) and returns the new snapshot, which has it
  // whole from then on. An action is over once its effect is in the snapshot, so callers end each action with this.
  // Loop only.
  virtual Task<SnapshotPtr> refresh_container(std::string id) = 0;
  // Networks, volumes and images likewise, by one list of that sort. Loop only.
  virtual Task<SnapshotPtr> refresh_images() = 0;
  virtual Task<SnapshotPtr> refresh_networks() = 0;
  virtual Task<SnapshotPtr> refresh_volumes() = 0;
  // One GET /containers/json; only containers whose row differs from the snapshot (state, exit code, health, name,
  // labels, networks) are inspected. A converged engine costs this one call. Loop only.
  virtual Task<SnapshotPtr> resync() = 0;
};

struct EnginesOptions {
  std::chrono::seconds resync_period{30};          // one list per engine, spread by host name
  std::chrono::milliseconds reconnect_first{200};  // backoff of an engine that is away
  std::chrono::seconds reconnect_most{2};          // local sockets come back quickly: 2 s
  std::chrono::seconds liveness_period{30};        // a ping when nothing was heard; the list of a resync is heard
  std::chrono::milliseconds probe_limit{10'000};   // a list or ping that takes longer: the engine hangs
  // A container with this label is known whole, and never left out of a snapshot: while the engine lists it and cannot
  // describe it, the engine counts as unreachable, because its owner would take the container for gone.
  std::string owner_label = "berth.dev/instance";
};

// All engines. Thread-safe; entries are made and dropped only by the Host reconciler.
class Engines {
 public:
  static std::unique_ptr<Engines> make(base::Metrics& metrics, base::Clock& clock, EnginesOptions options);
  virtual ~Engines() = default;

  // Makes the entry, or replaces it when `connector_id` (what the connector was built from) differs. Starts its
  // event stream on `loop`.
  virtual void configure(const std::string& host, const std::string& connector_id,
                         std::function<std::unique_ptr<Connector>()> make_connector, base::Executor loop) = 0;
  virtual Task<void> remove(std::string host) = 0;
  // nullptr when not configured.
  virtual std::shared_ptr<Engine> find(const std::string& host) const = 0;
  virtual std::vector<std::string> hosts() const = 0;

  // Called on the host's loop after each change of a snapshot or of reachability. Register before configure().
  using Listener = std::function<void(const EngineChange&)>;
  virtual void listen(Listener listener) = 0;

  // Forces a resync of every engine (SIGUSR1). Any thread.
  virtual void resync_all() = 0;
  // Ends event streams and joins. Any loop.
  virtual Task<void> shutdown() = 0;
};

}  // namespace berth::docker
