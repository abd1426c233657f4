// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/name_waits.hpp"

namespace berth::reconcilers {

using controller::Key;

void NameWaits::wait(const Key& key, const std::string& host, const std::string& name) {
  const Name wanted{host, name};
  if (const auto found = names_.find(key); found != names_.end() && found->second == wanted) return;
  forget(key);
  names_.emplace(key, wanted);
  keys_.emplace(wanted, key);
}

void NameWaits::forget(const Key& key) {
  const auto found = names_.find(key);
  if (found == names_.end()) return;
  auto [at, end] = keys_.equal_range(found->second);
  while (at != end && at->second != key) ++at;
  if (at != end) keys_.erase(at);
  names_.erase(found);
}

std::vector<Key> NameWaits::waiting(const std::string& host, const std::string& name) const {
  std::vector<Key> keys;
  const auto [from, to] = keys_.equal_range(Name{host, name});
  for (auto at = from; at != to; ++at) keys.push_back(at->second);
  return keys;
}

}  // namespace berth::reconcilers
