// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/origins.hpp"

namespace berth::reconcilers {

using controller::Key;

void Origins::note(const Key& key, const std::string& container, const std::string& spec_hash, Made made) {
  told_[key].insert_or_assign(container, Told{spec_hash, made});
}

std::optional<Origins::Made> Origins::find(const Key& key, const std::string& container,
                                           const std::string& spec_hash) const {
  const auto of_key = told_.find(key);
  if (of_key == told_.end()) return std::nullopt;
  const auto found = of_key->second.find(container);
  if (found == of_key->second.end() || found->second.spec_hash != spec_hash) return std::nullopt;
  return found->second.made;
}

}  // namespace berth::reconcilers
