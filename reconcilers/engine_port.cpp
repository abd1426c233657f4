// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/engine_port.hpp"

#include "base/run_on.hpp"
#include "reconcilers/container/adoption.hpp"
#include "reconcilers/pass/audited.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using resources::EngineObject;
using Action = resources::EnginePort::Action;
using Sort = resources::EnginePort::Sort;

std::string_view to_string(Action action) {
  switch (action) {
    case Action::Start:
      return "start";
    case Action::Stop:
      return "stop";
    case Action::Restart:
      return "restart";
    case Action::Pause:
      return "pause";
    case Action::Unpause:
      return "unpause";
    case Action::Kill:
      return "kill";
    case Action::Remove:
      return "remove";
  }
  return "";
}

Task<void> call_engine(std::shared_ptr<docker::Engine> engine, std::string id, Action action) {
  using docker::Client;
  Client& client = engine->client();
  switch (action) {
    case Action::Start:
      co_await client.start_container(id);
      break;
    case Action::Stop:
      co_await client.stop_container(id, std::nullopt, "");
      break;
    case Action::Restart:
      co_await client.restart_container(id, std::nullopt);
      break;
    case Action::Pause:
      co_await client.pause_container(id);
      break;
    case Action::Unpause:
      co_await client.unpause_container(id);
      break;
    case Action::Kill:
      co_await client.kill_container(id, "");
      break;
    case Action::Remove:
      co_await client.remove_container(id, Client::RemoveMode::Stopped, Client::AnonymousVolumes::Keep);
      break;
  }
  co_await engine->refresh_container(id);
}

const docker::ContainerView* find_container(const docker::Snapshot& snapshot, std::string_view key) {
  if (const auto exact = snapshot.containers.find(std::string(key)); exact != snapshot.containers.end()) {
    return exact->second.get();
  }
  if (const docker::ContainerView* named = snapshot.container_by_name(key)) return named;
  const auto from = snapshot.containers.lower_bound(std::string(key));
  // A prefix that fits more than one is nobody.
  if (key.size() < 4 || from == snapshot.containers.end() || !from->first.starts_with(key)) return nullptr;
  const auto after = std::next(from);
  if (after != snapshot.containers.end() && after->first.starts_with(key)) return nullptr;
  return from->second.get();
}

void add_all(std::vector<EngineObject>& to, std::string_view host, const std::map<std::string, Json>& from) {
  for (const auto& [id, value] : from) to.push_back({std::string(host), id, value, "", ""});
}

void add_owned(std::vector<EngineObject>& to, std::string_view host, const std::map<std::string, Json>& from,
               std::string_view instance, std::string_view kind) {
  for (const auto& [id, value] : from) {
    const auto owner = owner_of(labels_of(value), instance, kind);
    to.push_back({std::string(host), id, value, owner ? owner->ns + "/" + owner->name : "", std::string(kind)});
  }
}

}  // namespace

DockerPort::DockerPort(resources::Resources& resources, docker::Engines& engines, Pulls& pulls, base::Clock& clock)
    : resources_(resources), engines_(engines), pulls_(pulls), clock_(clock) {}

std::shared_ptr<docker::Engine> DockerPort::reach(std::string_view host) const {
  auto engine = engines_.find(std::string(host));
  if (!engine) throw base::not_found("hosts.berth.dev", host);
  const docker::EngineState state = engine->state();
  if (state.reachable == docker::Reachability::Reachable && state.snapshot) return engine;
  const std::string words = state.message.empty() ? "not reached yet" : state.message;
  throw base::unavailable("host " + std::string(host) + ": " + words, std::chrono::seconds(2));
}

EngineObject DockerPort::object_of(std::string_view host, const docker::ContainerView& view,
                                   const Adopted& adopted) const {
  auto owner = owner_of(view.labels, resources_.instance());
  if (const auto found = adopted.find(view.id); found != adopted.end()) owner = found->second;
  return {std::string(host), view.id, view.inspect(), owner ? owner->ns + "/" + owner->name : "", "Container"};
}

std::vector<EngineObject> DockerPort::list(Sort sort, std::string_view host) const {
  std::vector<EngineObject> all;
  for (const std::string& name : engines_.hosts()) {
    if (!host.empty() && host != name) continue;
    const auto engine = engines_.find(name);
    const docker::SnapshotPtr snapshot = engine ? engine->state().snapshot : nullptr;
    if (!snapshot) continue;
    switch (sort) {
      case Sort::Containers:
        for (const Adopted adopted = adopted_on(resources_, name); const auto& [id, view] : snapshot->containers) {
          all.push_back(object_of(name, *view, adopted));
        }
        break;
      case Sort::Images:
        add_all(all, name, snapshot->images);
        break;
      case Sort::Networks:
        add_owned(all, name, snapshot->networks, resources_.instance(), "Network");
        break;
      case Sort::Volumes:
        add_owned(all, name, snapshot->volumes, resources_.instance(), "Volume");
        break;
    }
  }
  return all;
}

EngineObject DockerPort::inspect_container(std::string_view host, std::string_view id) const {
  const docker::SnapshotPtr snapshot = reach(host)->state().snapshot;
  const docker::ContainerView* view = find_container(*snapshot, id);
  if (!view) throw base::not_found("enginecontainers.engine.berth.dev", std::string(host) + "." + std::string(id));
  return object_of(host, *view, adopted_on(resources_, std::string(host)));
}

Task<void> DockerPort::act(resources::Caller caller, std::string host, std::string id, Action action) {
  const EngineObject found = inspect_container(host, id);
  if (!found.managed_by.empty()) {
    throw base::conflict(
        "enginecontainers.engine.berth.dev", host + "." + id,
        "it is managed by Container " + found.managed_by + ": change its spec.desiredState, or delete it");
  }
  const std::shared_ptr<docker::Engine> engine = reach(host);
  resources::EngineAction record;
  record.action = to_string(action);
  record.host = host;
  record.target = std::string(base::string_at(found.value, "Name").substr(1));
  co_await base::run_on(engine->loop(),
                        audited(resources_, clock_, caller, record, call_engine(engine, found.id, action)));
}

}  // namespace berth::reconcilers
