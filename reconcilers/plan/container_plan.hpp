// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what is declared and what the engine holds to what shall be done next: a pure function. Each case is a file
// in tests/golden/container/. The reconciler performs the first action and plans again, so every step finds its
// place from the world alone, and a crash between two steps is nothing special.
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/pass/verdict.hpp"
#include "reconcilers/plan/dependencies.hpp"
#include "reconcilers/plan/observed.hpp"
#include "reconcilers/plan/replace_step.hpp"
#include "reconcilers/plan/shared_namespaces.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

enum class ActionType {
  Pull,
  Pin,
  Create,
  PutFiles,
  Start,
  Stop,
  Restart,
  Pause,
  Unpause,
  Rename,
  Update,
  Connect,
  Disconnect,
  Remove,
  FailUpdate,
  Repair,
  Adopt,
};
std::string_view to_string(ActionType type);

struct Action {
  ActionType type = ActionType::Start;
  std::string id;         // of the container; "" for one that an earlier action of the same plan makes
  std::string container;  // its name
  // Pull: the reference. Pin: the image id. Create: the image to create from. Rename: the new name. Connect,
  // Disconnect: the network. FailUpdate: the reason. Repair: what is about to be done.
  std::string subject;
  base::Json body;                                                    // Update and Connect
  enum class Aliases { Declared, None } aliases = Aliases::Declared;  // Create
  std::vector<KeptVolume> volumes;                                    // Create: taken over from the container before
  std::optional<int> timeout;  // Stop, in seconds; the container's own when absent
  std::string signal;          // Stop; its own when ""
  std::string why;             // one clause for people, "" when the action speaks for itself
  ReplaceStep step = ReplaceStep::None;
};
// "stop web timeout=5 (replaced)": stable, part of the golden files.
std::string to_text(const Action& action);

struct Plan {
  std::vector<Action> actions;
  std::string phase;  // for people
  Verdict ready;
  std::optional<std::string> stalled;                            // the reason, when only a new spec or a human helps
  Verdict image;                                                 // ImageResolved
  Verdict references;                                            // ReferencesResolved
  std::vector<schemas::ContainerDependencyStatus> dependencies;  // status.dependencies
  std::string subject_id;                                        // the container that status speaks of, "" for none
  std::optional<Action> meanwhile;  // keeps what stands running while the actions wait for an image
  std::optional<std::chrono::milliseconds> look_again;
  enum class UpdateRecord { Keep, Clear } update_record = UpdateRecord::Keep;  // status.update
  bool rolls_back = false;      // an update failed, which status.update tells, and this leads back
  bool forget_repairs = false;  // status.repairs
  std::string adopted;          // status.adopted, "" for none
  bool ended = false;           // a one-shot that has run: what status says of its end stays
  bool interrupted = false;     // a one-shot that was stopped before its end: it may go on
  bool restarted = false;       // what berth.dev/restartedAt asks for has been done
  bool release = false;         // deletion: nothing is left, the finalizer may go
};
std::string to_text(const Plan& plan);

// What is known of the image that the spec names.
struct ImageView {
  std::string pinned;  // image id in status for this very reference, "" before the first
  bool pinned_here = false;
  std::string here;  // the id that the reference has on the engine now, "" when it is not there
};

// What this pass has done already and the snapshot does not show.
struct PassMemory {
  bool pulled = false;
  std::string other_platform;  // id of the image that the reference has, and that is not for spec.platform
  bool restarted = false;
  std::string files_put;  // id of the container
};

// A container that the object is to take over as it runs.
struct AdoptionView {
  std::string id;
  std::string name;
  std::string problem;  // why it cannot be, whatever it is like
};

struct PlanInput {
  const schemas::Container* container = nullptr;
  std::string engine_name;
  std::string spec_hash;             // "" while references are missing
  std::vector<std::string> missing;  // references, with their field
  std::vector<std::string> coming;   // likewise, to networks that are about to be made
  std::vector<Dependency> dependencies;
  std::string circle;  // "web, db, web" when they wait for each other
  std::vector<SharedNamespace> shared;
  bool has_files = false;
  std::vector<Observed> owned;           // by name
  std::optional<AdoptionView> adoption;  // of an object that has no container yet
  std::string adopted;                   // id of the one in `owned` that has no labels, "" for none
  std::string name_holder;               // "container 0123456789ab" when it is not ours, else ""
  std::string next_holder;               // likewise, of the name that a replacement has until it takes over
  ImageView image;
  std::multimap<std::string, std::string> networks;  // name to id; below 1.44 an engine may have several of a name
  PassMemory memory;
  base::WallTime now;
};

Plan plan_container(const PlanInput& input);
// For an object that is being deleted.
Plan plan_deletion(const PlanInput& input);

}  // namespace berth::reconcilers
