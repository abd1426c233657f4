// SPDX-License-Identifier: Apache-2.0
#pragma once
// Places where a test may end the process, as a power cut would: nothing is flushed, no destructor runs. Inert
// unless the environment variable BERTH_FAILPOINT held the point's name when the process started.
#include <string>
#include <vector>

#include "reconcilers/replace_step.hpp"

namespace berth::reconcilers {

// How the process ends at a failpoint.
inline constexpr int kFailpointExitCode = 86;

enum class Moment { Before, After };

// Ends the process when "replace:<step>:before" or ":after" is the point named.
void pass_failpoint(ReplaceStep step, Moment moment);
// Every name that BERTH_FAILPOINT may hold, in the order of the steps.
std::vector<std::string> failpoint_names();

}  // namespace berth::reconcilers
