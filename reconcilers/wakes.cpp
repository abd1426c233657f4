// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/wakes.hpp"

#include "reconcilers/names.hpp"

namespace berth::reconcilers {

using controller::Key;

std::optional<Key> claimant(std::string_view engine_name) {
  if (engine_name.empty()) return std::nullopt;
  const std::size_t underscore = engine_name.find('_');
  if (underscore == std::string_view::npos) return Key{"default", std::string(engine_name)};
  const std::string_view rest = engine_name.substr(underscore + 1);
  if (rest.empty() && underscore == 1) return Key{"default", std::string(engine_name.substr(0, 1))};
  if (rest.empty() || underscore == 0 || rest.find('_') != std::string_view::npos) return std::nullopt;
  return Key{std::string(engine_name.substr(0, underscore)), std::string(rest)};
}

void Wakes::join(controller::Controller* containers, controller::Controller* hosts) {
  containers_ = containers;
  hosts_ = hosts;
}

void Wakes::wake_container(Key key) const {
  if (containers_) containers_->wake(std::move(key));
}

void Wakes::on_change(const docker::EngineChange& change) const {
  if (change.container.empty()) {
    if (hosts_) hosts_->wake({"", change.host});
    const schemas::Kind& kind = schemas::Catalog::instance().by_name("Container");
    for (const auto& name : resources_.referrers(kind, "Host", "", change.host)) wake_container({name.ns, name.name});
    return;
  }
  const auto owner = owner_of(change.labels, resources_.instance());
  if (owner) wake_container({owner->ns, owner->name});
  const auto claims = claimant(change.name);
  if (claims && (!owner || *claims != Key{owner->ns, owner->name})) wake_container(*claims);
}

}  // namespace berth::reconcilers
