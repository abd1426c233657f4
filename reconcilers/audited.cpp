// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/audited.hpp"

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

Task<void> audited(resources::Resources& resources, base::Clock& clock, resources::Caller caller,
                   resources::EngineAction action, Task<void> call) {
  const std::uint64_t intent = co_await resources.begin_action(caller, action);
  const base::SteadyTime began = clock.steady_now();
  std::exception_ptr error;
  try {
    co_await std::move(call);
  } catch (...) {
    error = std::current_exception();
  }
  // What was begun must be on record even when the owner has ended this task.
  const auto cancellation = co_await base::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != base::asio::cancellation_type::none) {
    co_await base::asio::this_coro::reset_cancellation_state(base::asio::disable_cancellation());
  }
  resources::EngineOutcome outcome;
  outcome.succeeded = !error;
  if (error) outcome.message = base::to_status(error).message();
  outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - began);
  co_await resources.end_action(caller, intent, action, outcome);
  if (error) std::rethrow_exception(error);
}

Task<void> pull_and_refresh(std::shared_ptr<docker::Engine> engine, docker::PullOptions options) {
  co_await engine->client().pull_image(options);
  co_await engine->refresh_images();
}

}  // namespace berth::reconcilers
