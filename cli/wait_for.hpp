// SPDX-License-Identifier: Apache-2.0
#pragma once
// Waiting for one object, by list and watch.
#include <functional>

#include "cli/session.hpp"

namespace berth::cli {

// Looks at the object now and after each change; null when it is gone. Returns when `done` says so, false when the
// limit passed first. A watch that ends is opened again.
Task<bool> wait_until(Session& session, Address address, std::chrono::milliseconds limit,
                      std::function<bool(const Json*)> done);

// True when the object has a condition of this type with this status that speaks of its present generation.
bool has_condition(const Json& object, std::string_view type, std::string_view status);

// What the object waits for, in a few words: its first condition that is not as it should be.
std::string waiting_reason(const Json& object);

}  // namespace berth::cli
