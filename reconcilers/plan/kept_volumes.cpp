// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/kept_volumes.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace berth::reconcilers {
namespace {

using base::Json;
using base::string_at;

const base::JsonArray& list_at(const Json& value, std::string_view path) {
  static const base::JsonArray kNone;
  const Json* found = base::find_path(value, path);
  return found && found->is_array() ? found->get_array() : kNone;
}

// Places to which the create gave a volume or a path by name.
std::set<std::string> named_targets(const Json& inspect) {
  std::set<std::string> targets;
  for (const Json& mount : list_at(inspect, "HostConfig.Mounts")) {
    if (!string_at(mount, "Source").empty()) targets.emplace(string_at(mount, "Target"));
  }
  for (const Json& bind : list_at(inspect, "HostConfig.Binds")) {  // "source:/target:ro"
    if (!bind.is_string()) continue;
    const std::string text(bind.get_string());
    const std::size_t from = text.find(':');
    if (from != std::string::npos) targets.insert(text.substr(from + 1, text.find(':', from + 1) - from - 1));
  }
  return targets;
}

std::set<std::string> labelled(const docker::ContainerView& view) {
  std::set<std::string> names;
  const auto label = view.labels.find(kKeptVolumesLabel);
  if (label == view.labels.end()) return names;
  std::istringstream text(label->second);
  for (std::string name; text >> name;) names.insert(name);
  return names;
}

bool uses(const docker::ContainerView& view, const std::string& volume) {
  if (!view.mentions(volume)) return false;
  const Json inspect = view.inspect();
  return std::ranges::any_of(list_at(inspect, "Mounts"),
                             [&](const Json& mount) { return string_at(mount, "Name") == volume; });
}

}  // namespace

std::vector<KeptVolume> anonymous_volumes(const docker::ContainerView& view, const Json& inspect) {
  std::vector<KeptVolume> volumes;
  const std::set<std::string> named = named_targets(inspect);
  const std::set<std::string> kept = labelled(view);
  const bool never_ran = view.state == "created" || string_at(inspect, "State.StartedAt").starts_with("0001-");
  for (const Json& mount : list_at(inspect, "Mounts")) {
    if (string_at(mount, "Type") != "volume") continue;
    KeptVolume one{std::string(string_at(mount, "Name")), std::string(string_at(mount, "Destination")),
                   !base::bool_at(mount, "RW", true)};
    const bool own = !never_ran && !named.contains(one.target);
    if (own || kept.contains(one.name)) volumes.push_back(std::move(one));
  }
  std::ranges::sort(volumes, {}, &KeptVolume::target);
  return volumes;
}

std::vector<KeptVolume> beside_mounts(const schemas::ContainerSpec& spec, std::vector<KeptVolume> volumes) {
  std::erase_if(volumes, [&spec](const KeptVolume& one) {
    return std::ranges::find(spec.mounts, one.target, &schemas::ContainerMount::target) != spec.mounts.end();
  });
  return volumes;
}

std::string kept_label(const std::vector<KeptVolume>& volumes) {
  std::string text;
  for (const KeptVolume& one : volumes) text += (text.empty() ? "" : " ") + one.name;
  return text;
}

std::vector<std::string> left_behind(const docker::Snapshot& snapshot, const std::string& id) {
  std::vector<std::string> names;
  const auto removed = snapshot.containers.find(id);
  if (removed == snapshot.containers.end()) return names;
  for (const std::string& name : labelled(*removed->second)) {
    const bool used = std::ranges::any_of(
        snapshot.containers, [&](const auto& other) { return other.first != id && uses(*other.second, name); });
    if (!used) names.push_back(name);
  }
  return names;
}

}  // namespace berth::reconcilers
