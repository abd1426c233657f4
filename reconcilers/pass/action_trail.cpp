// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/action_trail.hpp"

namespace berth::reconcilers {
namespace {

// What an Event says of its object; the object itself changes while Events wait.
base::Json identity_of(const base::Json& object) {
  base::JsonObject metadata;
  for (const char* member : {"name", "namespace", "uid", "resourceVersion"}) {
    metadata[member] = base::string_at(object, std::string("metadata.") + member);
  }
  return base::JsonObject{{"metadata", std::move(metadata)}};
}

}  // namespace

ActionTrail::ActionTrail(resources::Resources& resources, base::Executor loop, resources::Caller caller,
                         const schemas::Kind& kind, const base::Json& object)
    : resources_(resources),
      caller_(std::move(caller)),
      kind_(kind),
      about_(identity_of(object)),
      scope_(loop, "action trail") {}

void ActionTrail::end_action(std::uint64_t intent, resources::EngineAction action, resources::EngineOutcome outcome) {
  add(resources_.end_action(caller_, intent, std::move(action), std::move(outcome)));
}

void ActionTrail::note(resources::EventNote note) { untold_.push_back(std::move(note)); }

void ActionTrail::tell() {
  for (resources::EventNote& note : untold_) {
    add(resources_.note_event(caller_, kind_, about_, std::move(note)));
  }
  untold_.clear();
}

void ActionTrail::add(base::Task<void> write) {
  waiting_.push_back(std::move(write));
  if (std::exchange(writing_, true)) return;
  scope_.spawn(write_all());
}

base::Task<void> ActionTrail::write_all() {
  while (!waiting_.empty()) {
    base::Task<void> write = std::move(waiting_.front());
    waiting_.pop_front();
    try {
      co_await std::move(write);
    } catch (const std::exception&) {
      // Told where it happened; what comes after it is written all the same.
    }
  }
  writing_ = false;
}

base::Scope::Join ActionTrail::join() {
  tell();
  return scope_.join();
}

}  // namespace berth::reconcilers
