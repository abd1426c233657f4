// SPDX-License-Identifier: Apache-2.0
#include "base/run_on.hpp"
#include "docker/image_reference.hpp"
#include "reconcilers/engine_port.hpp"
#include "reconcilers/pass/audited.hpp"
#include "reconcilers/registry/registry_choice.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;
using resources::PrunedImages;
using resources::PulledImage;
using EnginePtr = std::shared_ptr<docker::Engine>;

resources::EngineAction action_of(const std::string& action, const std::string& host, const std::string& target) {
  resources::EngineAction record;
  record.action = action;
  record.host = host;
  record.target = target;
  return record;
}

base::Json to_json(const docker::PullProgress& progress) {
  base::JsonArray layers;
  for (const auto& layer : progress.layers()) {
    layers.push_back(base::JsonObject{
        {"id", layer.id}, {"status", layer.status}, {"current", layer.current}, {"total", layer.total}});
  }
  return base::JsonObject{{"message", progress.text()}, {"layers", std::move(layers)}};
}

// An id with several tags is refused by the engine, so the tags go one by one; the last takes the image with it.
Task<void> remove(EnginePtr engine, std::string id) {
  const docker::SnapshotPtr before = engine->state().snapshot;
  const base::Json* image = before->image(id);
  if (image == nullptr) co_return;
  const base::Json* tags = base::find_path(*image, "RepoTags");
  if (tags != nullptr && tags->is_array()) {
    for (const base::Json& tag : tags->get_array()) {
      if (tag.as_string() != "<none>:<none>") co_await engine->client().remove_image(std::string(tag.as_string()));
    }
  }
  const docker::SnapshotPtr after = co_await engine->refresh_images();
  if (!after->images.contains(id)) co_return;
  co_await engine->client().remove_image(id);
  co_await engine->refresh_images();
}

Task<void> prune(EnginePtr engine, PrunedImages& pruned) {
  const docker::PruneResult result = co_await engine->client().prune_images();
  pruned = {result.removed, result.reclaimed};
  co_await engine->refresh_images();
}

}  // namespace

Task<PulledImage> DockerPort::pull_image(resources::Caller caller, resources::ImagePull pull) {
  const EnginePtr engine = reach(pull.host);
  const RegistryChoice choice = co_await choose_registry(resources_, "berth-system", pull.reference, std::nullopt);
  PullRequest request{engine, pull.reference, pull.platform, choice.auth, choice.mark};
  Pulls::Listener listener;
  if (pull.on_progress) {
    listener = [tell = pull.on_progress](const docker::PullProgress& progress) { tell(to_json(progress)); };
  }
  docker::PullResult result;
  std::optional<base::Status> denied;
  try {
    auto shared = pulls_.share(std::move(request), std::move(caller), std::move(listener));
    result = co_await base::run_on(pulls_.loop(), std::move(shared));
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Unauthorized) throw;
    denied = status;
  }
  // Who asks is known here; it is the registry that does not know Berth.
  if (denied) {
    throw base::Status(base::Reason::Forbidden, denied->message() + " (" + choice.describe() + ")");
  }
  const docker::SnapshotPtr snapshot = engine->state().snapshot;
  const base::Json* image = snapshot ? snapshot->image(pull.reference) : nullptr;
  co_return PulledImage{image ? std::string(base::string_at(*image, "Id")) : "", result.digest};
}

Task<void> DockerPort::remove_image(resources::Caller caller, std::string host, std::string id) {
  const EnginePtr engine = reach(host);
  const docker::SnapshotPtr snapshot = engine->state().snapshot;
  std::string users;
  for (const auto& [container, view] : snapshot->containers) {
    if (view->mentions(id) && base::string_at(view->inspect(), "Image") == id)
      users += (users.empty() ? "" : ", ") + view->name;
  }
  if (!users.empty()) {
    throw base::conflict("engineimages.engine.berth.dev", host + "." + id, "containers were made from it: " + users);
  }
  auto call = audited(resources_, clock_, caller, action_of("remove", host, id), remove(engine, id));
  co_await base::run_on(engine->loop(), std::move(call));
}

Task<PrunedImages> DockerPort::prune_images(resources::Caller caller, std::string host) {
  const EnginePtr engine = reach(host);
  PrunedImages pruned;
  auto call = audited(resources_, clock_, caller, action_of("prune", host, "dangling images"), prune(engine, pruned));
  co_await base::run_on(engine->loop(), std::move(call));
  co_return pruned;
}

}  // namespace berth::reconcilers
