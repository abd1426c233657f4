// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what happened on an engine to the objects that it concerns. Engines and Pulls are given these functions
// before the controllers exist; join() comes before anything is started.
#include "controller/controller.hpp"
#include "docker/engines.hpp"
#include "reconcilers/name_waits.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class Wakes {
 public:
  // Both outlive it; `names` is of the engines' loop.
  Wakes(const resources::Resources& resources, const NameWaits& names) : resources_(resources), names_(names) {}

  // Null for a controller that is not run.
  void join(controller::Controller* containers, controller::Controller* hosts);

  void wake_container(controller::Key key) const;
  // For Engines::listen(). A change of a container wakes the object of its labels, and those that wait for its name; a
  // change of everything wakes the Host and all Containers on it.
  void on_change(const docker::EngineChange& change) const;

 private:
  const resources::Resources& resources_;
  const NameWaits& names_;
  controller::Controller* containers_ = nullptr;
  controller::Controller* hosts_ = nullptr;
};

}  // namespace berth::reconcilers
