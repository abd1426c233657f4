// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <string>

namespace berth::cli {

// Go's durations, which kubectl's users write: "30s", "1h30m", "500ms"; a bare number is seconds. Throws BadRequest.
std::chrono::milliseconds parse_duration(const std::string& text);

// A --timeout: as above, and 0 or less is as long as it takes.
std::chrono::milliseconds parse_timeout(const std::string& text);

}  // namespace berth::cli
