// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/unfinished_creates.hpp"

#include <utility>

namespace berth::reconcilers {

using controller::Key;

void UnfinishedCreates::begin(const Key& key, Create create) {
  std::erase_if(creates_, [&create](const auto& each) { return create.asked - each.second.asked > kForgetAfter; });
  creates_.insert_or_assign(key, std::move(create));
}

std::optional<UnfinishedCreates::Create> UnfinishedCreates::find(const Key& key, base::SteadyTime now) {
  const auto found = creates_.find(key);
  if (found == creates_.end()) return std::nullopt;
  if (now - found->second.asked <= kForgetAfter) return found->second;
  creates_.erase(found);
  return std::nullopt;
}

}  // namespace berth::reconcilers
