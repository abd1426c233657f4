// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one pass does about a network or a volume, and what it says of it. The planners are pure; each of their cases
// is a file in tests/golden/network/ and tests/golden/volume/.
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/plan/container_plan.hpp"

namespace berth::reconcilers {

// Who has a name on an engine.
struct Holder {
  enum class State {
    Absent,
    Ours,     // of this very object, or of one of its name that is gone
    Foreign,  // nobody's, or of an object that is no more: used as it is
    Another,  // of another object, which lives
  } state = State::Absent;
  std::string owner;  // Another: "shop/front"
};

struct ObjectPlan {
  enum class Step { None, Create, Remove } step = Step::None;
  std::string target;  // its name on the engine
  std::string id;      // what Remove is called with
  base::Json body;     // Create
  std::string why;     // Remove

  Verdict ready;
  std::optional<std::string> stalled;  // the reason, when only a new spec or a human helps
  Verdict drifted{Truth::False, "AsDeclared", ""};
  std::optional<Verdict> in_use;  // present while something waits for containers to let go
  std::string waits_for;          // the container whose change is worth another look, "" for none
  base::JsonObject facts;         // status beside conditions
  bool release = false;           // deletion: nothing is left to do, the finalizer may go

  void say(Truth truth, std::string reason, std::string message) {
    ready = {truth, std::move(reason), std::move(message)};
  }
  void stall(std::string reason, std::string message);
  void remove(std::string reason);
  // The name is not this object's. `kind`: "Network".
  void meet_stranger(const Holder& holder, const std::string& kind, const std::string& host);
  // What the object asked for goes with it, once no container uses it; what was not its own, or shall stay, stays.
  void end(const Holder& holder, const std::string& deletion_policy, const std::vector<std::string>& users);
  // Something waits for these containers, which there are.
  void wait_for(const std::vector<std::string>& users, const std::string& what_for);
};
// Stable: part of the golden files.
std::string to_text(const ObjectPlan& plan);

// "container web", "containers db and web", "containers a, b and 3 more"
std::string name_containers(const std::vector<std::string>& names);

}  // namespace berth::reconcilers
