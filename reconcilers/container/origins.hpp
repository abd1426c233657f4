// SPDX-License-Identifier: Apache-2.0
#pragma once
// Of containers with our labels that no status names yet: whether they are what their spec-hash label says. Labels can
// be copied, so what this process did not make itself is compared with the spec, once. Not kept: after a start of
// berthd it is compared again. One loop.
#include <map>
#include <optional>
#include <string>

#include "controller/reconciler.hpp"

namespace berth::reconcilers {

class Origins {
 public:
  enum class Made { AsLabelled, Otherwise };

  void note(const controller::Key& key, const std::string& container, const std::string& spec_hash, Made made);
  // Nothing when it has not been told for this hash.
  std::optional<Made> find(const controller::Key& key, const std::string& container,
                           const std::string& spec_hash) const;
  void forget(const controller::Key& key) { told_.erase(key); }

 private:
  struct Told {
    std::string spec_hash;
    Made made = Made::AsLabelled;
  };
  std::map<controller::Key, std::map<std::string, Told>> told_;
};

}  // namespace berth::reconcilers
