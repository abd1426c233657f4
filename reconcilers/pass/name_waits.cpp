// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/name_waits.hpp"

namespace berth::reconcilers {

using controller::Key;

void NameWaits::wait(const Key& key, const std::string& host, const std::vector<std::string>& names) {
  std::set<Name> wanted;
  for (const std::string& name : names) wanted.insert({host, name});
  if (const auto found = names_.find(key); found != names_.end() && found->second == wanted) return;
  forget(key);
  if (wanted.empty()) return;
  for (const Name& name : wanted) keys_[name].insert(key);
  names_.emplace(key, std::move(wanted));
}

void NameWaits::forget(const Key& key) {
  const auto found = names_.find(key);
  if (found == names_.end()) return;
  for (const Name& name : found->second) {
    const auto at = keys_.find(name);
    at->second.erase(key);
    if (at->second.empty()) keys_.erase(at);
  }
  names_.erase(found);
}

std::vector<Key> NameWaits::waiting(const std::string& host, const std::string& name) const {
  const auto found = keys_.find(Name{host, name});
  if (found == keys_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace berth::reconcilers
