// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/failpoint.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/status.hpp"

namespace berth::reconcilers {
namespace {

std::string name_of(std::string_view place, Moment moment) {
  return std::string(place) + (moment == Moment::Before ? ":before" : ":after");
}

const std::string& armed() {
  static const std::string kName = [] {
    const char* value = std::getenv("BERTH_FAILPOINT");
    return std::string(value ? value : "");
  }();
  return kName;
}

}  // namespace

std::string failpoint_of(ReplaceStep step) {
  return step == ReplaceStep::None ? "" : "replace:" + std::string(to_string(step));
}

void pass_failpoint(std::string_view place, Moment moment) {
  if (place.empty() || armed().empty()) return;
  if (armed() == name_of(place, moment)) std::_Exit(kFailpointExitCode);
}

std::vector<std::string> failpoint_names() {
  std::vector<std::string> places;
  for (const ReplaceStep step : replace_steps()) places.push_back(failpoint_of(step));
  places.emplace_back(kRestartFailpoint);
  std::vector<std::string> names;
  for (const std::string& place : places) {
    names.push_back(name_of(place, Moment::Before));
    names.push_back(name_of(place, Moment::After));
  }
  return names;
}

void check_failpoint() {
  const std::vector<std::string> names = failpoint_names();
  if (armed().empty() || std::ranges::find(names, armed()) != names.end()) return;
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  throw base::bad_request("BERTH_FAILPOINT: \"" + armed() + "\" is no failpoint; known are " + known);
}

}  // namespace berth::reconcilers
