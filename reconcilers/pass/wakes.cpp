// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/wakes.hpp"

#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using controller::Key;

void Wakes::join(std::string_view kind, controller::Controller* controller, const NameWaits& waits) {
  if (controller) members_.push_back({schemas::Catalog::instance().by_name(kind), controller, waits});
}

void Wakes::wake_container(Key key) const {
  for (const Member& member : members_) {
    if (member.kind.kind == "Container") member.controller->wake(key);
  }
}

void Wakes::wake_all(const std::string& host) const {
  if (hosts_) hosts_->wake({"", host});
  for (const Member& member : members_) {
    for (const auto& name : resources_.referrers(member.kind, "Host", "", host)) {
      member.controller->wake({name.ns, name.name});
    }
  }
}

void Wakes::on_change(const docker::EngineChange& change) const {
  if (change.container.empty()) return wake_all(change.host);
  const auto owner = owner_of(change.labels, resources_.instance());
  if (owner) wake_container({owner->ns, owner->name});
  for (const Member& member : members_) {
    for (Key& key : member.waits.waiting(change.host, change.name)) member.controller->wake(std::move(key));
  }
}

}  // namespace berth::reconcilers
