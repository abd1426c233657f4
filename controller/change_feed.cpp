// SPDX-License-Identifier: Apache-2.0
#include "controller/change_feed.hpp"

#include "base/log.hpp"

namespace berth::controller {
namespace {

constexpr std::chrono::seconds kRetry{1};

}  // namespace

using base::Task;

ChangeFeed::ChangeFeed(const resources::Resources& resources, base::Clock& clock, base::Executor loop)
    : resources_(resources), clock_(clock), scope_(loop, "change feed") {}

void ChangeFeed::start() { scope_.spawn(run()); }

Task<void> ChangeFeed::stop() {
  scope_.cancel();
  co_await scope_.join();
}

Task<void> ChangeFeed::follow() {
  const auto watch = resources_.watch_changes(scope_.loop());
  for (;;) {
    for (const resources::ObjectChange& change : co_await watch->next()) {
      for (const Listener& listener : listeners_) listener(change);
    }
  }
}

Task<void> ChangeFeed::run() {
  for (;;) {
    std::exception_ptr error;
    try {
      co_await follow();
    } catch (...) {
      error = std::current_exception();
    }
    const base::Status status = base::to_status(error);
    if (status.reason() == base::Reason::Cancelled) co_return;
    if (status.reason() == base::Reason::Expired) continue;
    base::log_error("watch ended, starting again", {{"controller", "change feed"}, {"error", status.what()}});
    co_await clock_.sleep_for(kRetry);
  }
}

}  // namespace berth::controller
