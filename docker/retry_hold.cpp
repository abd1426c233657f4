// SPDX-License-Identifier: Apache-2.0
#include "docker/retry_hold.hpp"

#include <algorithm>

namespace berth::docker {

namespace {

constexpr auto kFirst = std::chrono::seconds(1);
constexpr auto kMost = std::chrono::seconds(60);

bool turned_down(SshFault fault) {
  switch (fault) {
    case SshFault::NotSsh:
    case SshFault::ServerBusy:
    case SshFault::AlgorithmsRefused:
    case SshFault::HostKeyUnknown:
    case SshFault::HostKeyChanged:
    case SshFault::ProtocolError:
      return true;
    default:
      return false;
  }
}

}  // namespace

void RetryHold::failed(const SshError& error, Time now) {
  error_.emplace(error);
  if (is_final(error.fault())) {
    until_ = Time::max();
  } else if (turned_down(error.fault())) {
    until_ = now + std::min<std::chrono::seconds>(kMost, kFirst * (1 << std::min(failures_++, 10)));
  } else {
    until_.reset();
  }
}

void RetryHold::forget() {
  until_.reset();
  failures_ = 0;
}

}  // namespace berth::docker
