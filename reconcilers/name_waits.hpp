// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which objects wait for a name that somebody else holds on an engine, so that what becomes of the holder wakes them.
// Not kept: after a start each object finds its own conflict again. One loop.
#include <map>
#include <string>
#include <vector>

#include "controller/reconciler.hpp"

namespace berth::reconcilers {

class NameWaits {
 public:
  // `key` waits for this name and no other.
  void wait(const controller::Key& key, const std::string& host, const std::string& name);
  void forget(const controller::Key& key);
  std::vector<controller::Key> waiting(const std::string& host, const std::string& name) const;

 private:
  struct Name {
    std::string host;
    std::string name;
    auto operator<=>(const Name&) const = default;
  };
  std::map<controller::Key, Name> names_;
  std::multimap<Name, controller::Key> keys_;
};

}  // namespace berth::reconcilers
