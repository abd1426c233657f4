// SPDX-License-Identifier: Apache-2.0
#pragma once
// Failed authentications, counted by address and minute. Whoever shares the address and shows good credentials is let
// in all the same: nobody locks others out. Any thread.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/guarded.hpp"

namespace berth::api {

class FailedLogins {
 public:
  static constexpr std::uint32_t kMost = 100;  // of an address in a minute

  // One more failure of a peer ("192.0.2.7:51234"). Throws TooManyRequests, with the rest of the minute to wait, when
  // it is one too many.
  void note(std::string_view peer, base::WallTime now);

 private:
  struct Minute {
    std::int64_t number = 0;
    std::map<std::string, std::uint32_t, std::less<>> failures;
  };
  base::Guarded<Minute> minute_;
};

}  // namespace berth::api
