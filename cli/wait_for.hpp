// SPDX-License-Identifier: Apache-2.0
#pragma once
// Waiting for one object, by list and watch.
#include <functional>

#include "base/clock.hpp"
#include "cli/session.hpp"

namespace berth::cli {

// Of a wait that has several parts: what is left for the next one.
class Deadline {
 public:
  // The clock outlives it.
  Deadline(base::Clock& clock, std::chrono::milliseconds limit) : clock_(&clock), end_(clock.steady_now() + limit) {}
  // Nothing once the time is over.
  std::chrono::milliseconds left() const;

 private:
  base::Clock* clock_;
  base::SteadyTime end_;
};

// Looks at the object now and after each change; null when it is gone. Returns when `done` says so, false when the
// limit passed first. A watch that ends is opened again.
Task<bool> wait_until(Session& session, Address address, std::chrono::milliseconds limit,
                      std::function<bool(const Json*)> done);

// True when the object has a condition of this type with this status that speaks of its present generation. What is
// Reconciling is not Ready.
bool has_condition(const Json& object, std::string_view type, std::string_view status);

// How far an object is with its present generation. Stale: its status speaks of an older one, or is not written yet,
// and says nothing of this one.
struct Progress {
  enum class State { Stale, Waiting, Ready, Failed } state = State::Stale;
  std::string reason = "its controller has not seen it yet";
};
// Failed when it is Stalled: nothing but another change helps.
Progress progress_of(const Json& object);

// Nothing that is said of the object counts before it acknowledges what was asked of it, where that is given.
using Acknowledged = std::function<bool(const Json&)>;
struct Awaited {
  Address address;
  Acknowledged acknowledged = {};
};

// Waits until every object is Ready, watching all of them at once, and says on the way what each waits for: a change is
// a line, on a terminal the line is rewritten. One that is Stalled is waited for no longer. False when one is, or the
// limit, which is that of all together, passed first; what is said of it then is the reason.
Task<bool> wait_ready(Session& session, std::vector<Awaited> all, std::chrono::milliseconds limit);

// What the object waits for, in a few words: its first condition that is not as it should be.
std::string waiting_reason(const Json& object);

}  // namespace berth::cli
