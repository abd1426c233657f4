// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a pass found of one condition; ConditionList makes the condition of it.
#include <string>
#include <string_view>

namespace berth::reconcilers {

enum class Truth { True, False, Unknown };
std::string_view to_string(Truth truth);

struct Verdict {
  Truth status = Truth::Unknown;
  std::string reason;
  std::string message;  // for people
};

}  // namespace berth::reconcilers
