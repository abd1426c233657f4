// SPDX-License-Identifier: Apache-2.0
#pragma once
// Denied requests on record. The first of a kind in a minute is written at once; the others of that minute are one
// more record, with their count and when the first and the last of them were, once it is over or berthd ends. A kind is
// who asks (and acts as whom), address, verb and resource, and for impersonate the name; what is not served is one
// resource. Who answers for it has 64 kinds a minute: what is beyond is counted under that name, and under nobody
// else's.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "resources/audit/audit.hpp"

namespace berth::resources {

class DenialJournal {
 public:
  DenialJournal(store::Store& store, base::Clock& clock) : store_(store), clock_(clock) {}

  Task<void> note(Caller caller, Denial denial);
  // Closes each minute when it is over, whether or not anything is denied later. Ends with its owner.
  Task<void> keep();
  // Puts on record what the minute that is not over has counted: at a graceful end.
  Task<void> flush();

 private:
  using Key = std::array<std::string, 6>;  // user, impersonator, address, verb, resource, name
  struct Repeated {
    Caller caller;
    Denial denial;
    Repeats repeats{};  // beyond the first
  };
  struct Actor {
    std::map<Key, Repeated> kinds;
    std::optional<Repeated> beyond;  // what is of no kind of its own
  };
  struct Minute {
    std::int64_t number = 0;
    std::size_t kinds = 0;  // of all actors
    std::map<std::string, Actor> actors;
  };
  // The records of a minute that is another than this one; it begins anew.
  static std::vector<std::string> closed(Minute& minute, std::int64_t number, base::WallTime now);
  Task<void> append(std::vector<std::string> records);
  // Counts one denial; gives the records that are due.
  std::vector<std::string> due_records(const Caller& caller, const Denial& denial, base::WallTime now);
  // Where it is counted, and whether it is the first there.
  static std::pair<Repeated&, bool> place_of(Minute& minute, const Caller& caller, const Denial& denial);

  store::Store& store_;
  base::Clock& clock_;
  base::Guarded<Minute> minute_;
};

}  // namespace berth::resources
