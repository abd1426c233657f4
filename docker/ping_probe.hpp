// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/stream.hpp"

namespace berth::docker {

// Whether an engine answers on a fresh stream; then the stream is ready for requests. False when it ends first, or
// says something else. Throws Timeout.
base::Task<bool> answers_ping(base::Stream& stream, std::chrono::steady_clock::duration limit);

}  // namespace berth::docker
