// SPDX-License-Identifier: Apache-2.0
#pragma once
// Another key for what is sealed: the ring gets one that writes from then on, and every box in the store is sealed
// anew under it, one object after the other, while clients are served. What was interrupted is gone on with, and a key
// that nothing is sealed with any more, no kept version either, is taken out of the ring.
#include <atomic>

#include "resources/audit/action_journal.hpp"
#include "resources/request/request.hpp"
#include "store/key_ring.hpp"

namespace berth::resources {

struct KeyRotationReport {
  std::string key;            // that writes
  bool resumed = false;       // boxes of an older key were left over, so no other key was made
  std::size_t rewrapped = 0;  // boxes
};

class KeyRotation {
 public:
  KeyRotation(store::Store& store, const store::KeyRing& keys, base::Clock& clock, ActionJournal& actions)
      : store_(store), keys_(keys), clock_(clock), actions_(actions) {}

  // Each write has its audit record, under `caller`; so has the rotation. One at a time, else TooManyRequests.
  Task<KeyRotationReport> rotate(Caller caller);
  // Ends what is left of a rotation; with one key in the ring there is nothing to do. At the start, and now and then.
  Task<void> tidy();

 private:
  Task<void> tidy_alone(Caller caller);
  Task<void> on_record(Caller caller, std::string what, Task<std::string> work);
  Task<std::string> rotate_for(Caller caller, KeyRotationReport& report);
  Task<std::string> drop_older();
  Task<KeyRotationReport> rotate_alone(Caller caller);
  Task<std::size_t> rewrap_all(Caller caller);
  Task<bool> rewrap(Caller caller, store::Entry entry);
  Task<std::size_t> rewrap_meta();
  bool is_stale(const store::Entry& entry) const;
  bool any_stale() const;

  store::Store& store_;
  const store::KeyRing& keys_;
  base::Clock& clock_;
  ActionJournal& actions_;
  std::atomic<bool> rotating_{false};
  std::atomic<base::SteadyTime> made_{};  // when the key that writes was made, as far as this process knows
};

}  // namespace berth::resources
