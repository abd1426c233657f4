// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/engine_users.hpp"

#include <algorithm>

namespace berth::reconcilers {
namespace {

using base::Json;

// One that was never started knows the network by its name only.
bool is_on(const Json& inspect, const std::string& id, const std::string& name) {
  const Json* networks = base::find_path(inspect, "NetworkSettings.Networks");
  if (!networks || !networks->is_object()) return false;
  return std::ranges::any_of(networks->get_object(), [&](const auto& endpoint) {
    const std::string_view on = base::string_at(endpoint.value(), "NetworkID");
    return on == id || (on.empty() && endpoint.key() == name);
  });
}

bool mounts(const Json& inspect, const std::string& name) {
  const Json* mounts = base::find_path(inspect, "Mounts");
  if (!mounts || !mounts->is_array()) return false;
  return std::ranges::any_of(mounts->get_array(), [&name](const Json& mount) {
    return base::string_at(mount, "Type") == "volume" && base::string_at(mount, "Name") == name;
  });
}

// Of those that mention one of the words; a parse of each would be dear.
template <class Uses>
std::vector<std::string> names_where(const docker::Snapshot& snapshot, std::initializer_list<std::string_view> words,
                                     Uses uses) {
  std::vector<std::string> names;
  for (const auto& [id, view] : snapshot.containers) {
    const bool may = std::ranges::any_of(words, [&view](std::string_view word) { return view->mentions(word); });
    if (may && uses(view->inspect())) names.push_back(view->name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<std::string> users_of_network(const docker::Snapshot& snapshot, const std::string& id,
                                          const std::string& name) {
  return names_where(snapshot, {id, name}, [&](const Json& inspect) { return is_on(inspect, id, name); });
}

std::vector<std::string> users_of_volume(const docker::Snapshot& snapshot, const std::string& name) {
  return names_where(snapshot, {name}, [&](const Json& inspect) { return mounts(inspect, name); });
}

}  // namespace berth::reconcilers
