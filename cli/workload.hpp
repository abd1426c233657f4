// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done to a workload beside declaring it: what it does (desired state and action tokens), and its revisions.
// Names stand alone for Containers, or with their type.
#include <string>
#include <vector>

#include "cli/object_output.hpp"
#include "cli/session.hpp"

namespace berth::cli {

enum class Act { Start, Stop, Pause, Unpause, Restart, Redeploy };

struct ActOptions {
  Act act = Act::Start;
  std::vector<std::string> words;
  std::string stop_timeout;  // of Stop: seconds; "" as the container is declared
  std::string stop_signal;   // likewise
  bool wait = false;
  std::string timeout = "60s";
  ResultOptions result;
};
Task<int> run_act(Session& session, ActOptions options);

struct RolloutOptions {
  std::vector<std::string> words;
  std::string revision;  // "" for all of them, of undo for the one before
  std::string output;    // of history: "", yaml or json
  std::string timeout = "0s";
  ResultOptions result;
};
// Waits until what is declared is so; 1 when it cannot come about.
Task<int> run_rollout_status(Session& session, RolloutOptions options);
Task<int> run_rollout_history(Session& session, RolloutOptions options);
Task<int> run_rollout_undo(Session& session, RolloutOptions options);

// "web db", "container web" and "container/web composestack/shop".
std::vector<Target> read_workloads(const Discovery& discovery, std::vector<std::string> words);

// The merge patch that does it; `token` is for the acts that are done once.
Json patch_for(const ActOptions& options, const std::string& token);

// Of a list of revisions, oldest first and the present one last: the one of that number, or the newest whose spec is
// not the present one's and that was Ready once. Throws BadRequest with the numbers that there are.
const Json& choose_revision(const base::JsonArray& revisions, const std::string& number);

// The object's spec as it was at a revision: what it does (desiredState, suspend) stays.
Json restored_spec(const Json& object, const Json& revision);

}  // namespace berth::cli
