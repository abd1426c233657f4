// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/audited.hpp"

#include <boost/asio/cancellation_state.hpp>

namespace berth::reconcilers {

using base::Task;

resources::Caller container_caller() { return resources::controller_caller("container"); }

resources::EngineAction action_on(const base::Json& object, std::string host, std::string action, std::string target) {
  resources::EngineAction made;
  made.action = std::move(action);
  made.host = std::move(host);
  made.target = std::move(target);
  made.kind = base::string_at(object, "kind");
  made.ns = base::string_at(object, "metadata.namespace");
  made.name = base::string_at(object, "metadata.name");
  made.uid = base::string_at(object, "metadata.uid");
  return made;
}

Task<Measured> measure(base::Clock& clock, Task<void> call) {
  const base::SteadyTime began = clock.steady_now();
  Measured done;
  try {
    co_await std::move(call);
  } catch (...) {
    done.error = std::current_exception();
  }
  done.outcome.succeeded = !done.error;
  if (done.error) done.outcome.message = base::to_status(done.error).message();
  done.outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - began);
  co_return done;
}

Task<void> audited(resources::Resources& resources, base::Clock& clock, resources::Caller caller,
                   resources::EngineAction action, Task<void> call) {
  const std::uint64_t intent = co_await resources.begin_action(caller, action);
  const Measured done = co_await measure(clock, std::move(call));
  // What was begun must be on record even when the owner has ended this task.
  const auto cancellation = co_await base::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != base::asio::cancellation_type::none) {
    co_await base::asio::this_coro::reset_cancellation_state(base::asio::disable_cancellation());
  }
  co_await resources.end_action(caller, intent, action, done.outcome);
  if (done.error) std::rethrow_exception(done.error);
}

}  // namespace berth::reconcilers
