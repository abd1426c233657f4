// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one pass leaves for the next: only what costs little when it is lost. One loop.
#include "reconcilers/container/origins.hpp"
#include "reconcilers/container/unfinished_creates.hpp"
#include "reconcilers/pass/name_waits.hpp"
#include "reconcilers/pass/refusals.hpp"
#include "reconcilers/pass/sightings.hpp"

namespace berth::reconcilers {

struct BetweenPasses {
  NameWaits names;
  Refusals refusals;
  Refusals starts_meanwhile;  // of what stands, while another one waits for its image
  Sightings sightings;
  Origins origins;
  UnfinishedCreates creates;  // these outlive their object

  void forget(const controller::Key& key) {
    names.forget(key);
    refusals.forget(key);
    starts_meanwhile.forget(key);
    sightings.forget(key);
    origins.forget(key);
  }
};

}  // namespace berth::reconcilers
