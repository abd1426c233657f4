// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/verdict.hpp"

namespace berth::reconcilers {

std::string_view to_string(Truth truth) {
  switch (truth) {
    case Truth::True:
      return "True";
    case Truth::False:
      return "False";
    case Truth::Unknown:
      return "Unknown";
  }
  return "";
}

}  // namespace berth::reconcilers
