// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what happened on an engine to the objects that it concerns. Engines and Pulls are given these functions
// before the controllers exist; they join before anything is started.
#include <string_view>
#include <vector>

#include "controller/controller.hpp"
#include "docker/engines.hpp"
#include "reconcilers/pass/name_waits.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class Wakes {
 public:
  // `resources` outlives it.
  explicit Wakes(const resources::Resources& resources) : resources_(resources) {}

  // Null for a controller that is not run. `waits` are of the engines' loop: which objects of the kind wait for which
  // container's name. All outlive it.
  void join_hosts(controller::Controller* hosts) { hosts_ = hosts; }
  void join(std::string_view kind, controller::Controller* controller, const NameWaits& waits);

  void wake_container(controller::Key key) const;
  // For Engines::listen(). A change of a container wakes the Container of its labels, and what waits for its name; a
  // change of everything wakes the Host and all that is on it.
  void on_change(const docker::EngineChange& change) const;

 private:
  struct Member {
    const schemas::Kind& kind;
    controller::Controller* controller;
    const NameWaits& waits;
  };
  void wake_all(const std::string& host) const;

  const resources::Resources& resources_;
  controller::Controller* hosts_ = nullptr;
  std::vector<Member> members_;
};

}  // namespace berth::reconcilers
