// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Docker Engine API, 1.40 to 1.55, negotiated (https://docs.docker.com/reference/api/engine/). One client per
// host, on one loop; calls may overlap. Each has a deadline. An answer of the engine that is an error is thrown
// as a Status in the engine's own words: 404 NotFound, 409 Conflict, 400 BadRequest, 500 InternalError; a transport
// that fails is ServiceUnavailable; no answer in time is Timeout (the outcome of a write is then unknown).
// A field that the negotiated version would drop or misread silently is refused, Invalid with the field's name,
// before anything is sent (see gates.hpp).
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/metrics.hpp"
#include "base/task.hpp"
#include "docker/connector.hpp"
#include "docker/pull_progress.hpp"

namespace berth::docker {

using base::Json;
using base::Task;

struct ApiVersion {
  int major = 1;
  int minor = 40;
  auto operator<=>(const ApiVersion&) const = default;
};
std::string to_string(ApiVersion version);

struct EngineFacts {
  std::string version;    // "20.10.24"
  ApiVersion api;         // the negotiated one
  ApiVersion engine_api;  // the engine's maximum
  std::string os;         // "linux"
  std::string arch;       // "x86_64"
  std::string operating_system;
  std::int64_t cpus = 0;
  std::int64_t memory = 0;     // bytes
  bool swap_limit = true;      // /info SwapLimit: without it the engine drops limits on swap
  std::string engine_id;       // /info ID
  std::int64_t time_nano = 0;  // the engine's own clock, 0 when it does not say
};

struct CreateResult {
  std::string id;
  std::vector<std::string> warnings;
};

struct PullOptions {
  std::string reference;                                 // with a tag or digest; ":latest" is added where there is none
  std::string platform;                                  // "" for the engine's own
  std::string auth;                                      // X-Registry-Auth value, "" for none; in no log and no error
  std::function<void(const PullProgress&)> on_progress;  // told when it is another; may be empty
};
struct PullResult {
  std::string digest;  // "sha256:..." as the engine reported it, "" when it did not
};

struct PruneResult {
  std::vector<std::string> removed;  // image ids
  std::int64_t reclaimed = 0;        // bytes
};

// One event of GET /events. `id` is Actor.ID; `action` has no detail after its colon ("health_status: healthy" gives
// action health_status and detail healthy).
struct EngineEvent {
  std::string type;  // container, network, image, volume
  std::string action;
  std::string detail;
  std::string id;
  std::map<std::string, std::string> attributes;
  std::int64_t time_nano = 0;
};

class EventStream {
 public:
  virtual ~EventStream() = default;
  // The next event. Throws ServiceUnavailable when the stream ends.
  virtual Task<EngineEvent> next() = 0;
};

class Client {
 public:
  // `host` labels the metrics: berth_engine_calls_total{host,operation,outcome}, berth_engine_writes_total{host}
  // (every call that may change the engine), berth_engine_call_seconds.
  static std::unique_ptr<Client> make(std::unique_ptr<Connector> connector, std::string host, base::Metrics& metrics);
  virtual ~Client() = default;

  // Makes a connection for the calls to come, however long the way to the engine is; each part of it has its deadline.
  virtual Task<void> reach() = 0;
  virtual LinkReport link() const = 0;  // what is known of that way

  // Negotiates (HEAD /_ping) and reads /version and /info. Also done by itself on the first call and after the
  // engine came back.
  virtual Task<EngineFacts> facts() = 0;
  virtual Task<void> ping() = 0;
  virtual ApiVersion api() const = 0;  // the negotiated one; 1.40 before the first call

  // Containers. Ids or names; bodies are the Engine's own JSON.
  virtual Task<Json> list_containers() = 0;  // all=1, an array
  virtual Task<Json> inspect_container(std::string id) = 0;
  virtual Task<std::string> describe_container(std::string id) = 0;  // the same, in the engine's bytes
  // Several EndpointsConfig entries are split for engines below 1.44: created with one, the rest connected.
  virtual Task<CreateResult> create_container(std::string name, Json body, std::string platform) = 0;
  virtual Task<void> start_container(std::string id) = 0;  // already started: success
  // timeout in seconds, absent for the container's own; signal "" for its own (below 1.42: kill, wait, kill).
  virtual Task<void> stop_container(std::string id, std::optional<int> timeout, std::string signal) = 0;
  virtual Task<void> restart_container(std::string id, std::optional<int> timeout) = 0;
  virtual Task<void> kill_container(std::string id, std::string signal) = 0;
  virtual Task<void> pause_container(std::string id) = 0;
  virtual Task<void> unpause_container(std::string id) = 0;
  virtual Task<void> rename_container(std::string id, std::string name) = 0;
  virtual Task<void> update_container(std::string id, Json body) = 0;
  enum class RemoveMode { Stopped, Force };
  enum class AnonymousVolumes { Keep, Remove };
  virtual Task<void> remove_container(std::string id, RemoveMode mode,
                                      AnonymousVolumes volumes) = 0;  // absent: success
  // Waits until it is not running; the exit code.
  virtual Task<std::int64_t> wait_container(std::string id, std::chrono::steady_clock::duration limit) = 0;
  // A tar archive unpacked at `path` inside the container, which may be created and not started.
  virtual Task<void> put_archive(std::string id, std::string path, std::string tar) = 0;

  // Images.
  virtual Task<Json> list_images() = 0;
  virtual Task<Json> inspect_image(std::string reference) = 0;
  // Reads the progress stream to its end; an error inside it is thrown: NotFound, Unauthorized (denied),
  // TooManyRequests (rate limit), else ServiceUnavailable, in the engine's words.
  virtual Task<PullResult> pull_image(PullOptions options) = 0;
  virtual Task<void> remove_image(std::string reference) = 0;
  // Images that no tag and no container names.
  virtual Task<PruneResult> prune_images() = 0;

  // Networks and volumes.
  virtual Task<Json> list_networks() = 0;
  virtual Task<Json> inspect_network(std::string id) = 0;
  virtual Task<std::string> create_network(Json body) = 0;  // CheckDuplicate is added
  virtual Task<void> remove_network(std::string id) = 0;
  virtual Task<void> connect_network(std::string network, std::string container, Json endpoint) = 0;
  virtual Task<void> disconnect_network(std::string network, std::string container) = 0;  // not connected: success
  // Takes away an endpoint whose container is no more, by the name that this had. Absent: success.
  virtual Task<void> free_endpoint(std::string network, std::string container) = 0;
  virtual Task<Json> list_volumes() = 0;
  virtual Task<Json> create_volume(Json body) = 0;
  virtual Task<void> remove_volume(std::string name) = 0;

  // Events from `since_nano` on (0: from now). Exec events are filtered out by the engine.
  virtual Task<std::unique_ptr<EventStream>> events(std::int64_t since_nano) = 0;

  // Closes idle connections.
  virtual void close() = 0;
};

// A tar archive (ustar) of files with their modes, for put_archive. Paths are relative to its root.
struct TarFile {
  std::string path;
  std::string content;
  int mode = 0644;
};
std::string make_tar(const std::vector<TarFile>& files);

}  // namespace berth::docker
