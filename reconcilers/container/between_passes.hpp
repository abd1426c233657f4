// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one pass leaves for the next: only what costs little when it is lost. One loop.
#include "reconcilers/container/origins.hpp"
#include "reconcilers/pass/name_waits.hpp"
#include "reconcilers/pass/refusals.hpp"
#include "reconcilers/pass/sightings.hpp"

namespace berth::reconcilers {

struct BetweenPasses {
  NameWaits names;
  Refusals refusals;
  Sightings sightings;
  Origins origins;

  void forget(const controller::Key& key) {
    names.forget(key);
    refusals.forget(key);
    sightings.forget(key);
    origins.forget(key);
  }
};

}  // namespace berth::reconcilers
