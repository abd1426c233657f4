// SPDX-License-Identifier: Apache-2.0
#pragma once
// TCP for protocols of many small packets both ways, such as SSH with several channels.
#include "base/stream.hpp"

namespace berth::base {

// As connect_tcp, but what is received is acknowledged at once. A peer that leaves Nagle's algorithm on, as sshd does
// for a connection that only forwards, holds its small packets back until then: without this, one answer in some takes
// the 40 ms of a delayed acknowledgement. A peer that has acknowledged nothing for `dead_after`, or leaves the kernel's
// probes unanswered for as long, counts as gone: what is pending fails with ServiceUnavailable.
Task<StreamPtr> connect_tcp_prompt(std::string host, std::uint16_t port, std::chrono::steady_clock::duration limit,
                                   std::chrono::seconds dead_after);

}  // namespace berth::base
