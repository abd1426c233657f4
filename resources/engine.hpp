// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only port from the API's side to the engines. resources reads through it, api and compat act by it, reconcilers
// implement it, cmd joins them. It speaks JSON in the Engine's own shapes and knows no kind. Every act is audited by
// its implementation.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/task.hpp"
#include "resources/request/caller.hpp"

namespace berth::resources {

struct EngineObject {
  std::string host;
  std::string id;            // of a volume: its name
  base::Json value;          // as the engine's list or inspect has it
  std::string managed_by;    // "<namespace>/<name>" of the owning object, "" when unmanaged
  std::string managed_kind;  // its kind, "Container"
};

struct ImagePull {
  std::string host;
  std::string reference;
  std::string platform;  // "" for the engine's own
  // Told how far it is when it is another, on another thread: {"message": for people, "layers": [{"id", "status",
  // "current", "total": bytes}]}. May be empty.
  std::function<void(base::Json)> on_progress;
};

struct PulledImage {
  std::string id;
  std::string digest;  // "" when the engine did not say
};

struct PrunedImages {
  std::vector<std::string> removed;  // ids
  std::int64_t reclaimed = 0;        // bytes
};

// A container that is to be described as the Container that would adopt it.
struct AdoptionRequest {
  std::string host;
  std::string container;  // name or id on the engine
  std::string ns;
  std::string name;  // of the Container, "" for one made of the engine's name
};

class EnginePort {
 public:
  virtual ~EnginePort() = default;
  enum class Sort { Containers, Images, Networks, Volumes };
  // From the snapshots, no engine call. `host` "" for every host.
  virtual std::vector<EngineObject> list(Sort sort, std::string_view host) const = 0;
  // Throws NotFound, ServiceUnavailable while the host is away.
  virtual EngineObject inspect_container(std::string_view host, std::string_view id) const = 0;
  enum class Action { Start, Stop, Restart, Pause, Unpause, Kill, Remove };
  // On an unmanaged container; a managed one is Conflict, naming the object whose desired state to change.
  virtual base::Task<void> act(Caller caller, std::string host, std::string id, Action action) = 0;

  // Images. A pull uses the credentials of the Registry of berth-system that is for the reference's server, and joins
  // the one that is under way with these. Cancelled, it ends unless somebody else wants the image. An error of the
  // engine is thrown in its words: NotFound, Forbidden (denied), TooManyRequests, ServiceUnavailable.
  virtual base::Task<PulledImage> pull_image(Caller caller, ImagePull pull) = 0;
  // With all its tags. Conflict while a container was made from it, naming them, before anything is removed.
  virtual base::Task<void> remove_image(Caller caller, std::string host, std::string id) = 0;
  // {"manifest": a Container, "unsaid": [what it has no word for]} of a container that nobody manages; else Conflict.
  // Its environment is as it is, so the read is on record.
  virtual base::Task<base::Json> adoption_manifest(Caller caller, AdoptionRequest request) = 0;

  // What would be done if this object, which resources has admitted, were written so: {"text": in its stable form,
  // "changes": each object with its fields before and after, ...}. From what is known; nothing is written or called.
  // `beside` are Secrets, ConfigMaps, Networks and Volumes of its namespace, as somebody would apply them before it.
  virtual base::Task<base::Json> plan(base::Json candidate, std::vector<base::Json> beside) = 0;
  // Those without a tag that no container was made from.
  virtual base::Task<PrunedImages> prune_images(Caller caller, std::string host) = 0;
};

}  // namespace berth::resources
