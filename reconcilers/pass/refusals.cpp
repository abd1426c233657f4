// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/refusals.hpp"

#include <algorithm>

namespace berth::reconcilers {

using controller::Key;
using std::chrono::milliseconds;

Refusals::Refusal Refusals::add(const Key& key, std::string request, base::Status error, base::SteadyTime now,
                                Delays delays) {
  milliseconds delay = delays.first;
  if (const auto before = last_.find(key); before != last_.end() && before->second.request == request) {
    delay = std::min(2 * before->second.delay, delays.most);
  }
  last_.insert_or_assign(key, Last{std::move(request), error, delay, now + delay});
  return {std::move(error), delay};
}

std::optional<Refusals::Refusal> Refusals::find(const Key& key, std::string_view request, base::SteadyTime now) const {
  const auto last = last_.find(key);
  if (last == last_.end() || last->second.request != request || last->second.due <= now) return std::nullopt;
  return Refusal{last->second.error, std::chrono::ceil<milliseconds>(last->second.due - now)};
}

}  // namespace berth::reconcilers
