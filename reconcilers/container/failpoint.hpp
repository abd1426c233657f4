// SPDX-License-Identifier: Apache-2.0
#pragma once
// Places where a test may end the process, as a power cut would: nothing is flushed, no destructor runs. Inert
// unless the environment variable BERTH_FAILPOINT held the point's name when the process started.
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/plan/replace_step.hpp"

namespace berth::reconcilers {

// How the process ends at a failpoint.
inline constexpr int kFailpointExitCode = 86;

enum class Moment { Before, After };

// A restart in place.
inline constexpr const char* kRestartFailpoint = "restart";
// "replace:<step>", "" for None.
std::string failpoint_of(ReplaceStep step);

// Ends the process when "<place>:before" or ":after" is the point named.
void pass_failpoint(std::string_view place, Moment moment);
// Throws BadRequest with the known names when BERTH_FAILPOINT holds another one: a test that names nothing would pass
// because nothing happened.
void check_failpoint();
// Every name that BERTH_FAILPOINT may hold, in the order of the steps.
std::vector<std::string> failpoint_names();

}  // namespace berth::reconcilers
