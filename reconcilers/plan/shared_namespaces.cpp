// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/shared_namespaces.hpp"

#include <algorithm>

namespace berth::reconcilers {
namespace {

constexpr std::string_view kContainer = "container:";

// "db" of "container:db", else "".
std::string holder_of(const std::optional<std::string>& mode) {
  return mode && mode->starts_with(kContainer) ? mode->substr(kContainer.size()) : "";
}

void take(SharedNamespace& shared, const docker::ContainerView& view) {
  const Observed seen = observe(view);
  if (!seen.alive()) return;
  shared.holder = seen.id;
  shared.name = seen.name;
  shared.started_at = seen.started_at;
}

}  // namespace

std::vector<std::string> named_holders(const schemas::ContainerSpec& spec) {
  std::vector<std::string> names;
  for (const auto& mode : {spec.pid, spec.ipc}) {
    if (std::string name = holder_of(mode); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<SharedNamespace> read_shared_namespaces(const docker::Snapshot& snapshot,
                                                    const schemas::ContainerSpec& spec,
                                                    const std::string& network_holder,
                                                    std::vector<Dependency>& dependencies) {
  std::vector<SharedNamespace> all;
  if (spec.container_ref) {
    SharedNamespace& network = all.emplace_back();
    network.mode = "NetworkMode";
    const auto there = snapshot.containers.find(network_holder);
    if (there != snapshot.containers.end()) take(network, *there->second);
    const auto lends = std::ranges::find(dependencies, true, &Dependency::network);
    if (network.holder.empty() && lends != dependencies.end() && lends->met) {
      lends->met = false;
      lends->why = "its container does not run now";
    }
  }
  for (const auto& [mode, wanted] : {std::pair("PidMode", spec.pid), std::pair("IpcMode", spec.ipc)}) {
    const std::string name = holder_of(wanted);
    if (name.empty()) continue;
    SharedNamespace& one = all.emplace_back();
    one.mode = mode;
    if (const auto* view = snapshot.container_by_name(name)) take(one, *view);
    if (!one.holder.empty()) continue;
    Dependency& missing = dependencies.emplace_back();
    missing.field = mode == std::string_view("PidMode") ? "spec.pid" : "spec.ipc";
    missing.name = name;
    missing.wanted = "running";
    missing.why = "the engine has no such container that runs";
  }
  return all;
}

bool shares_as_declared(const std::vector<SharedNamespace>& shared, const Observed& seen) {
  return std::ranges::all_of(shared, [&seen](const SharedNamespace& one) {
    if (one.holder.empty()) return true;
    const std::string_view has = base::string_at(*seen.inspect, "HostConfig." + one.mode);
    // 20.10 and 29 keep the id of what was named; one that kept the name would find the new one by it.
    return has == std::string(kContainer) + one.holder || has == std::string(kContainer) + one.name;
  });
}

}  // namespace berth::reconcilers
