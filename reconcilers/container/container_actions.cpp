// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_actions.hpp"

#include <set>

#include "base/scope.hpp"
#include "reconcilers/container/failpoint.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/plan/container_body.hpp"
#include "reconcilers/plan/container_compare.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using resources::EventNote;

std::string network_id(const docker::Engine& engine, const std::string& name) {
  const docker::EngineState state = engine.state();
  const Json* network = state.snapshot ? state.snapshot->network_by_name(name) : nullptr;
  // An id is never ambiguous; 20.10 may have two networks of one name.
  return network ? std::string(base::string_at(*network, "Id")) : name;
}

// Those whose endpoints the action takes away, in an order that is the same for all.
std::set<std::string> networks_left(const docker::Engine& engine, const Action& action) {
  if (action.type == ActionType::Disconnect) return {action.subject};
  const docker::EngineState state = engine.state();
  if (!state.snapshot) return {};
  const auto found = state.snapshot->containers.find(action.id);
  if (found == state.snapshot->containers.end()) return {};
  const Json inspect = found->second->inspect();
  const Json* networks = base::find_path(inspect, "NetworkSettings.Networks");
  std::set<std::string> names;
  if (!networks || !networks->is_object()) return names;
  for (const auto& [name, endpoint] : networks->get_object()) names.emplace(name);
  return names;
}

std::string archive_of(const ContainerInputs& inputs) {
  std::vector<docker::TarFile> files;
  for (const FileEntry& file : inputs.files) {
    files.push_back({file.path.substr(1), std::string(file.content.reveal_for_engine()), file.mode});
  }
  return docker::make_tar(files);
}

Task<bool> runs(docker::Engine& engine, std::string id) {
  try {
    const Json inspect = co_await engine.client().inspect_container(std::move(id));
    co_return base::bool_at(inspect, "State.Running");
  } catch (const base::Status&) {
    // Gone, or nothing is heard of it.
  }
  co_return false;
}

Task<void> keep_error(Task<void> task, std::exception_ptr& error) {
  try {
    co_await std::move(task);
  } catch (...) {
    error = std::current_exception();
  }
}

// "" for an action that no failpoint names.
std::string failpoint_of(const Action& action) {
  if (action.type == ActionType::Restart) return kRestartFailpoint;
  return failpoint_of(action.step);
}

// What stood before goes first. A first try, or one more of what failed, may be slow and in vain; and what is made
// beside one that serves can wait.
Turns::Rank rank_of(const schemas::ContainerStatus& status, const Action& action) {
  if (!status.container_id || action.step == ReplaceStep::CreateNext) return Turns::Rank::Last;
  const schemas::Condition* ready = find_condition(status.conditions, "Ready");
  const bool failed = ready && (ready->reason == "CreateFailed" || ready->reason == "StartFailed");
  return failed ? Turns::Rank::Last : Turns::Rank::First;
}

// Not what takes a container off its networks: of that there are never more at once; a stop may wait for its process
// for long. And where each call has one of the few sessions that the server allows, more creates that take their time
// would leave none for the sign of life.
bool may_step_aside(const docker::Engine& engine, const Action& action) {
  const bool starts = action.type == ActionType::Create || action.type == ActionType::Start;
  return action.type == ActionType::Stop || (starts && engine.state().link.transport != "DialStdio");
}

// What people are told of an action that worked; an empty reason for nothing.
EventNote success_note(const Action& action) {
  const auto normal = [&](const char* reason, const std::string& text) {
    return EventNote{EventNote::Type::Normal, reason, text};
  };
  switch (action.type) {
    case ActionType::Create:
      return normal("Created", "Created container " + action.container);
    case ActionType::Start:
      return normal("Started", "Started container " + action.container);
    case ActionType::Restart:
      return normal("Restarted", "Restarted container " + action.container);
    case ActionType::Pause:
      return normal("Paused", "Paused container " + action.container);
    case ActionType::Unpause:
      return normal("Unpaused", "Unpaused container " + action.container);
    case ActionType::Connect:
      return normal("Connected", "Connected container " + action.container + " to network " + action.subject);
    case ActionType::Disconnect:
      return normal("Disconnected", "Disconnected container " + action.container + " from network " + action.subject);
    case ActionType::Update:
      if (action.step != ReplaceStep::None) return {};
      return normal("Updated", "Updated container " + action.container + " in place");
    case ActionType::Rename:
      if (action.step == ReplaceStep::RenameNext) return normal("Updated", "Replaced container " + action.subject);
      return normal("Renamed", "Renamed container " + action.container + " to " + action.subject);
    default:
      return {};
  }
}

}  // namespace

ContainerActions::ContainerActions(resources::Resources& resources, base::Clock& clock, base::Executor loop)
    : resources_(resources),
      clock_(clock),
      loop_(loop),
      starts_(loop, {.most = kStartsPerHost, .in_all = kStartsInAll}),
      removals_(loop, {.most = kRemovalsPerNetwork}) {}

Task<void> ContainerActions::perform(const ActionContext& context, Action action, Places places) {
  if (action.type == ActionType::Stop) {
    context.trail.note({EventNote::Type::Normal, "Killing", "Stopping container " + action.container});
  }
  base::Scope place(loop_, "place of an action");
  if (!places.empty() && may_step_aside(*context.engine, action))
    place.spawn(step_aside_later(context, action, places));
  std::exception_ptr error;
  try {
    pass_failpoint(failpoint_of(action), Moment::Before);
    co_await act(context, action);
    pass_failpoint(failpoint_of(action), Moment::After);
  } catch (...) {
    error = std::current_exception();
  }
  place.cancel();
  co_await place.join();
  if (!error) {
    if (EventNote done = success_note(action); !done.reason.empty()) context.trail.note(std::move(done));
    co_return;
  }
  const base::Status status = base::to_status(error);
  if (status.reason() != base::Reason::Cancelled) {
    context.trail.note({EventNote::Type::Warning, "Failed",
                        "Failed to " + std::string(to_string(action.type)) + " container " + action.container + ": " +
                            status.message()});
  }
  throw status;
}

// Only where the engine suffers from too many at once.
Task<ContainerActions::Places> ContainerActions::take_turn(const docker::Engine& engine,
                                                           const schemas::Container& container, const Action& action) {
  const std::string host = engine.host();
  const std::string& ns = container.metadata.ns;
  Places places;
  if (action.type == ActionType::Create || action.type == ActionType::Start) {
    // What is made is started before more is made: others may wait for it.
    const auto place = action.type == ActionType::Start ? Turns::Place::Ahead : Turns::Place::InLine;
    Turns::Claim claim{host, ns, rank_of(container.status, action), place};
    places.push_back(co_await starts_.take(std::move(claim)));
  } else if (action.type == ActionType::Stop || action.type == ActionType::Remove ||
             action.type == ActionType::Disconnect) {
    for (const std::string& network : networks_left(engine, action)) {
      Turns::Claim claim{host + "\n" + network, ns};
      places.push_back(co_await removals_.take(std::move(claim)));
    }
  }
  co_return places;
}

// A stop waits for its process only while the engine says that it runs: it is asked again and again, and has its place
// until it answers. While it takes a container off its networks it says nothing of it, and of these there are never
// more.
Task<void> ContainerActions::step_aside_later(const ActionContext& context, const Action& action, Places& places) {
  const bool stops = action.type == ActionType::Stop;
  do {
    co_await clock_.sleep_for(kKeepsPlace);
    for (Turns::Turn& place : places) place.step_back();
    bool waits = true;
    if (stops) waits = co_await runs(*context.engine, action.id);
    if (!waits) continue;
    for (Turns::Turn& place : places) place.step_aside();
  } while (stops);
}

// Between its records. The outcome goes to the trail, also of a call that was cancelled.
Task<void> ContainerActions::act(const ActionContext& context, const Action& action) {
  // What the namespace lets run may have changed since the object was written.
  if (action.type == ActionType::Create) {
    const schemas::Kind& kind = schemas::Catalog::instance().by_name("Container");
    resources_.check_workload(kind, context.container.metadata.ns, context.object);
  }
  const std::string target = action.container.empty() ? action.id : action.container;
  const resources::EngineAction record =
      action_on(context.object, context.engine->host(), std::string(to_string(action.type)), target);
  const std::uint64_t intent = co_await begin(context, record);
  context.trail.tell();
  std::string id = action.id;
  const Measured done = co_await measure(clock_, call_engine(context, action, id));
  context.trail.end_action(intent, record, done.outcome);
  if (!done.error) {
    co_await context.engine->refresh_container(id);
    co_return;
  }
  // A call that failed may have left something, too: a start keeps its error in the container.
  if (!id.empty() && base::to_status(done.error).reason() != base::Reason::Cancelled) {
    try {
      co_await context.engine->refresh_container(id);
    } catch (const base::Status&) {
      // The first error says more.
    }
  }
  std::rethrow_exception(done.error);
}

// The intent, and what is to be saved with it: at hand together, they are one batch of the store.
Task<std::uint64_t> ContainerActions::begin(const ActionContext& context, const resources::EngineAction& record) {
  if (!context.save) co_return co_await resources_.begin_action(container_caller(), record);
  std::exception_ptr unsaved;
  std::exception_ptr unrecorded;
  std::uint64_t intent = 0;
  base::Scope beside(loop_, "status beside an intent");
  beside.spawn(keep_error(context.save(), unsaved));
  try {
    intent = co_await resources_.begin_action(container_caller(), record);
  } catch (...) {
    unrecorded = std::current_exception();
  }
  co_await beside.join();
  if (unrecorded) std::rethrow_exception(unrecorded);
  if (!unsaved) co_return intent;
  resources::EngineOutcome outcome;
  outcome.message = "not called: " + base::to_status(unsaved).message();
  context.trail.end_action(intent, record, outcome);
  std::rethrow_exception(unsaved);
}

Task<void> ContainerActions::call_engine(const ActionContext& context, const Action& action, std::string& id) {
  using docker::Client;
  Client& client = context.engine->client();
  switch (action.type) {
    case ActionType::Create:
      id = co_await create(context, action);
      break;
    case ActionType::PutFiles:
      co_await client.put_archive(action.id, "/", archive_of(context.inputs));
      break;
    case ActionType::Start:
      co_await client.start_container(action.id);
      break;
    case ActionType::Stop:
      co_await client.stop_container(action.id, action.timeout, action.signal);
      break;
    case ActionType::Restart:
      co_await client.restart_container(action.id, action.timeout);
      break;
    case ActionType::Pause:
      co_await client.pause_container(action.id);
      break;
    case ActionType::Unpause:
      co_await client.unpause_container(action.id);
      break;
    case ActionType::Rename:
      co_await client.rename_container(action.id, action.subject);
      break;
    case ActionType::Update:
      co_await client.update_container(action.id, action.body);
      break;
    case ActionType::Connect:
      co_await client.connect_network(network_id(*context.engine, action.subject), action.id, action.body);
      break;
    case ActionType::Disconnect:
      co_await client.disconnect_network(network_id(*context.engine, action.subject), action.id);
      break;
    case ActionType::Remove:
      co_await remove(*context.engine, action.id);
      break;
    default:
      throw base::internal_error(std::string(to_string(action.type)) + " is no action on a container");
  }
}

// The engine removes the anonymous volumes that it made for the container; those that were handed down to it are ours
// to remove, unless they were handed on.
Task<void> ContainerActions::remove(docker::Engine& engine, std::string id) {
  using docker::Client;
  const docker::EngineState state = engine.state();
  std::vector<std::string> volumes;
  if (state.snapshot) volumes = left_behind(*state.snapshot, id);
  co_await engine.client().remove_container(id, Client::RemoveMode::Stopped, Client::AnonymousVolumes::Remove);
  for (const std::string& volume : volumes) {
    try {
      co_await engine.client().remove_volume(volume);
    } catch (const base::Status& status) {
      // Somebody else uses it by now, or has removed it.
      if (status.reason() != base::Reason::Conflict && status.reason() != base::Reason::NotFound) throw;
    }
  }
}

Task<std::string> ContainerActions::create(const ActionContext& context, const Action& action) {
  BodyOptions options;
  options.image = action.subject;
  options.labels = owner_labels(resources_.instance(), context.container.metadata, context.spec_hash);
  options.api = context.engine->client().api();
  options.volumes = action.volumes;
  if (!action.volumes.empty()) options.labels[kKeptVolumesLabel] = kept_label(action.volumes);
  const bool named = action.aliases == Action::Aliases::Declared;
  const schemas::ContainerSpec& spec = context.container.spec;
  Json body = create_body(named ? spec : without_aliases(spec), context.inputs, options);
  const std::string platform = context.container.spec.platform.value_or("");
  const docker::CreateResult made =
      co_await context.engine->client().create_container(action.container, std::move(body), platform);
  for (const std::string& warning : made.warnings) {
    context.trail.note({EventNote::Type::Warning, "EngineWarning", warning});
  }
  co_return made.id;
}

}  // namespace berth::reconcilers
