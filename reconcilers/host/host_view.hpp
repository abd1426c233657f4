// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a container's host can be worked with right now.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "docker/engines.hpp"
#include "reconcilers/pass/verdict.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

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

// What Ready, Unknown then, and Reconciling say of an object while its Host is Away or Absent.
const char* away_reason(const Verdict& reachable);

// A Host that is not there is a name mistyped more often than one to come: an Event says so once, as long as Ready does
// not yet. Nothing for what passes by itself.
std::optional<resources::EventNote> missing_host_note(const std::vector<schemas::Condition>& before,
                                                      const Verdict& reachable);

HostView view_host(const resources::Resources& resources, const docker::Engines& engines, const std::string& host);

}  // namespace berth::reconcilers
