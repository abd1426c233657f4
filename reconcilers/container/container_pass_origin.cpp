// SPDX-License-Identifier: Apache-2.0
// Which of the containers with our labels are what their labels say.
#include <algorithm>

#include "reconcilers/container/container_definition.hpp"
#include "reconcilers/container/container_pass.hpp"
#include "reconcilers/plan/container_body.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;

// What is asked of a container that says it was made from this spec. What an engine fills in by its own settings is not
// among it, nor what is changed in place: a doubt must not cost a container that is ours.
constexpr std::string_view kAsked[] = {
    "spec.command", "spec.args",    "spec.ports",      "spec.mounts", "spec.user",        "spec.workingDir",
    "spec.tty",     "spec.stdin",   "spec.privileged", "spec.capAdd", "spec.capDrop",     "spec.devices",
    "spec.labels",  "spec.sysctls", "spec.groupAdd",   "spec.expose", "spec.healthcheck", "spec.readOnlyRootFilesystem",
    "spec.hostname"};

bool is_asked(const std::string& field) {
  return field.starts_with("spec.env[") || std::ranges::find(kAsked, field) != std::end(kAsked);
}

}  // namespace

// Status names the container that it speaks of, with its hash, so what has once been told costs nothing.
bool ContainerPass::is_told(const std::string& id, const std::string& hash) const {
  const schemas::ContainerStatus& status = container_.status;
  return (status.container_id == id && status.spec_hash == hash) || status.adopted == id;
}

// A label that lies counts as none: the container is replaced as any other that is not as declared.
void ContainerPass::doubt(Observed& seen) const {
  if (seen.spec_hash != spec_hash_ || is_told(seen.id, seen.spec_hash)) return;
  const auto told = tools_.between.origins.find(key_, seen.id, seen.spec_hash);
  if (told == Origins::Made::Otherwise) seen.spec_hash.clear();
}

Task<void> ContainerPass::examine() {
  const HostView now = view_host(tools_.resources, tools_.engines, host());
  if (now.state != HostView::State::Usable) co_return;
  co_await know_adoptee(now);
  if (spec_hash_.empty() || deleting()) co_return;
  for (const auto* view : now.snapshot->containers_with(find_labels(tools_.resources.instance(), key_.ns, key_.name))) {
    const auto hash = view->labels.find(kSpecHashLabel);
    if (hash == view->labels.end() || hash->second != spec_hash_ || is_told(view->id, spec_hash_)) continue;
    if (tools_.between.origins.find(key_, view->id, spec_hash_)) continue;
    co_await compare(observe(*view), now.engine);
  }
}

Task<void> ContainerPass::compare(Observed seen, std::shared_ptr<docker::Engine> engine) {
  base::Json image;
  try {
    image = co_await engine->client().inspect_image(seen.image);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
  }
  // Without its image nobody can tell what of it is the image's own.
  if (image.is_null()) {
    co_return tools_.between.origins.note(key_, seen.id, seen.spec_hash, Origins::Made::AsLabelled);
  }
  BodyOptions options;
  options.image = container_.spec.image;
  options.api = engine->client().api();
  const base::Json body = create_body(container_.spec, inputs_, options);
  const base::Json wanted = definition_of(inspect_of(body, image), image);
  // Those of a container before it stand beside the declared ones.
  const base::Json* labels = base::find_path(*seen.inspect, "Config.Labels");
  const bool keeps_volumes = labels && labels->is_object() && labels->get_object().contains(kKeptVolumesLabel);
  std::string others;
  for (const std::string& field : differing_fields(definition_of(*seen.inspect, image), wanted)) {
    if (is_asked(field) && !(keeps_volumes && field == "spec.mounts")) others += (others.empty() ? "" : ", ") + field;
  }
  const auto made = others.empty() ? Origins::Made::AsLabelled : Origins::Made::Otherwise;
  tools_.between.origins.note(key_, seen.id, seen.spec_hash, made);
  if (made == Origins::Made::AsLabelled) co_return;
  trail_.note({resources::EventNote::Type::Warning, "NotAsLabelled",
               "Container " + seen.name + " (" + seen.short_id() + ") has our labels and differs in " + others});
}

// What this process has made itself is not compared.
void ContainerPass::remember_made(const Action& action) {
  const docker::SnapshotPtr now = view_.engine->state().snapshot;
  const docker::ContainerView* made = now ? now->container_by_name(action.container) : nullptr;
  if (made) tools_.between.origins.note(key_, made->id, spec_hash_, Origins::Made::AsLabelled);
}

}  // namespace berth::reconcilers
