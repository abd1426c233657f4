// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/wakes.hpp"

#include "reconcilers/names.hpp"

namespace berth::reconcilers {

using controller::Key;

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
  for (Key& key : names_.waiting(change.host, change.name)) wake_container(std::move(key));
}

}  // namespace berth::reconcilers
