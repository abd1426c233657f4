// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace berth::resources {

// A Kubernetes Event about an object. Repeats raise count and lastTimestamp of the same Event.
struct EventNote {
  enum class Type { Normal, Warning } type = Type::Normal;
  std::string reason;  // "Pulled", "Created", "Started", "Killing", "Failed", "BackOff"
  std::string message;
};

}  // namespace berth::resources
