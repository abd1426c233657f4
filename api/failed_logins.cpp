// SPDX-License-Identifier: Apache-2.0
#include "api/failed_logins.hpp"

#include <chrono>

#include "base/status.hpp"

namespace berth::api {
namespace {

using namespace std::chrono_literals;

// Addresses beyond these are not counted in that minute.
constexpr std::size_t kMostAddresses = 16'384;

}  // namespace

void FailedLogins::note(std::string_view peer, base::WallTime now) {
  const auto minute_start = std::chrono::floor<std::chrono::minutes>(now);
  const std::int64_t number = minute_start.time_since_epoch().count();
  const std::string_view address = peer.substr(0, peer.rfind(':'));
  const bool too_many = minute_.with([&](Minute& minute) {
    if (minute.number != number) minute = {number, {}};
    auto found = minute.failures.find(address);
    if (found == minute.failures.end()) {
      if (minute.failures.size() >= kMostAddresses) return false;
      found = minute.failures.emplace(address, 0).first;
    }
    if (found->second >= kMost) return true;
    ++found->second;
    return false;
  });
  if (!too_many) return;
  const auto rest = std::chrono::ceil<std::chrono::seconds>(minute_start + 1min - now);
  throw base::Status(base::Reason::TooManyRequests, "too many failed authentications from this address")
      .with_retry_after(rest);
}

}  // namespace berth::api
