// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a container's host can be worked with right now.
#include <memory>
#include <string>

#include "docker/engines.hpp"
#include "reconcilers/container_plan.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

struct HostView {
  enum class State {
    Usable,    // engine and snapshot are there
    Starting,  // not known yet: nothing to say, a wake-up comes
    Away,      // configured and not answering, see `reachable`
    Absent,    // no engine entry: no such Host, or one whose transport is not served
  } state = State::Starting;
  Verdict reachable;                       // for Away and Absent
  std::shared_ptr<docker::Engine> engine;  // for Usable
  docker::SnapshotPtr snapshot;
};

HostView view_host(const resources::Resources& resources, const docker::Engines& engines, const std::string& host);

}  // namespace berth::reconcilers
