// SPDX-License-Identifier: Apache-2.0
#include "api/in_flight.hpp"

#include "base/sip_hash.hpp"

namespace berth::api {
namespace {

constexpr std::size_t kFactor = 4;

}  // namespace

// Two identities that fall together share one part, which is rare, and hurts only at the limit.
std::atomic<std::size_t>& InFlight::share_of(std::string_view who) {
  return shares_[base::sip_hash(key_, who) % shares_.size()];
}

std::optional<InFlight::Place> InFlight::enter(std::string_view who) {
  std::atomic<std::size_t>& share = share_of(who);
  const std::size_t own = share.fetch_add(1);
  const std::size_t all = count_.fetch_add(1);
  if (all < limit_ && own < kFactor * (limit_ - all)) return Place(this, &share);
  count_.fetch_sub(1);
  share.fetch_sub(1);
  return std::nullopt;
}

}  // namespace berth::api
