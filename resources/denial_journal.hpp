// SPDX-License-Identifier: Apache-2.0
#pragma once
// Denied requests on record. The first of an actor, address, verb and resource in a minute is written at once; the
// others of that minute are one more record, with their count, when the next denial comes after it.
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "resources/audit.hpp"

namespace berth::resources {

class DenialJournal {
 public:
  DenialJournal(store::Store& store, base::Clock& clock) : store_(store), clock_(clock) {}

  Task<void> note(Caller caller, Denial denial);

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;  // actor, address, verb, resource
  struct Repeated {
    Caller caller;
    Denial denial;
    std::uint64_t count = 0;  // beyond the first
  };
  struct Minute {
    std::int64_t number = 0;
    std::map<Key, Repeated> seen;
  };
  // Counts one denial; gives the records that are due.
  std::vector<std::string> due_records(const Caller& caller, const Denial& denial, base::WallTime now);

  store::Store& store_;
  base::Clock& clock_;
  base::Guarded<Minute> minute_;
};

}  // namespace berth::resources
