// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which objects wait for a name that somebody else holds on an engine, so that what becomes of the holder wakes them.
// Not kept: after a start each object finds its own conflict again. One loop.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/reconciler.hpp"

namespace berth::reconcilers {

class NameWaits {
 public:
  // `key` waits for these names and no others.
  void wait(const controller::Key& key, const std::string& host, const std::vector<std::string>& names);
  void forget(const controller::Key& key);
  std::vector<controller::Key> waiting(const std::string& host, const std::string& name) const;

 private:
  struct Name {
    std::string host;
    std::string name;
    auto operator<=>(const Name&) const = default;
  };
  std::map<controller::Key, std::set<Name>> names_;
  std::map<Name, std::set<controller::Key>> keys_;
};

}  // namespace berth::reconcilers
