// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way to an engine write: intent on record, the call, outcome on record.
#include <string>

#include "base/clock.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

// system:controller:container
resources::Caller container_caller();

// What is done to `target` on a host for `object`, which has apiVersion, kind and metadata.
resources::EngineAction action_on(const base::Json& object, std::string host, std::string action, std::string target);

// What came of a call.
struct Measured {
  resources::EngineOutcome outcome;
  std::exception_ptr error;  // null when it succeeded
};
// Never throws. After a cancel the caller has to reset its own state before its next wait.
base::Task<Measured> measure(base::Clock& clock, base::Task<void> call);

// Runs `call` between the records. Without the intent record nothing happens; an error of the call is on record
// and thrown. A cancelled call gets its outcome, too.
base::Task<void> audited(resources::Resources& resources, base::Clock& clock, resources::Caller caller,
                         resources::EngineAction action, base::Task<void> call);

}  // namespace berth::reconcilers
