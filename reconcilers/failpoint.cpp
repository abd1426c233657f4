// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/failpoint.hpp"

#include <cstdlib>

namespace berth::reconcilers {
namespace {

std::string name_of(ReplaceStep step, Moment moment) {
  return "replace:" + std::string(to_string(step)) + (moment == Moment::Before ? ":before" : ":after");
}

const std::string& armed() {
  static const std::string kName = [] {
    const char* value = std::getenv("BERTH_FAILPOINT");
    return std::string(value ? value : "");
  }();
  return kName;
}

}  // namespace

void pass_failpoint(ReplaceStep step, Moment moment) {
  if (step == ReplaceStep::None || armed().empty()) return;
  if (armed() == name_of(step, moment)) std::_Exit(kFailpointExitCode);
}

std::vector<std::string> failpoint_names() {
  std::vector<std::string> names;
  for (const ReplaceStep step : replace_steps()) {
    names.push_back(name_of(step, Moment::Before));
    names.push_back(name_of(step, Moment::After));
  }
  return names;
}

}  // namespace berth::reconcilers
