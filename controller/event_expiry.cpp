// SPDX-License-Identifier: Apache-2.0
#include "controller/event_expiry.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;

// So many Events are read before others on this loop get a turn.
constexpr std::size_t kTurn = 128;

// When it last happened. An Event without any stamp counts from its creation.
base::WallTime last_seen(const Json& event) {
  base::WallTime latest{};
  for (const char* path : {"series.lastObservedTime", "lastTimestamp", "eventTime", "metadata.creationTimestamp"}) {
    const auto time = base::parse_time(base::string_at(event, path));
    if (time) latest = std::max(latest, *time);
  }
  return latest;
}

}  // namespace

EventExpiry::EventExpiry(resources::Resources& resources, base::Clock& clock, base::Executor loop)
    : resources_(resources), clock_(clock), scope_(loop, "event expiry") {}

void EventExpiry::start() { scope_.spawn(run()); }

Task<void> EventExpiry::stop() {
  scope_.cancel();
  co_await scope_.join();
}

Task<void> EventExpiry::run() {
  for (;;) {
    std::exception_ptr error;
    try {
      co_await remove_expired();
    } catch (...) {
      error = std::current_exception();
    }
    if (error) {
      const base::Status status = base::to_status(error);
      if (status.reason() == base::Reason::Cancelled) co_return;
      base::log_warning("cannot expire Events", {{"error", status.what()}});
    }
    co_await clock_.sleep_for(kPeriod);
  }
}

Task<std::size_t> EventExpiry::remove_expired() {
  const schemas::Kind& kind = schemas::Catalog::instance().by_name("Event");
  const resources::ListPage page = co_await resources_.list(kind, "", {});
  const base::WallTime oldest = clock_.now() - kLifetime;
  std::size_t removed = 0;
  std::size_t read = 0;
  for (const resources::Object& object : page.items) {
    if (++read % kTurn == 0) co_await base::asio::post(base::use_task);
    const Json event = object.parse();
    if (last_seen(event) > oldest) continue;
    resources::DeleteOptions options;
    options.resource_version = std::to_string(object.revision);
    std::exception_ptr error;
    try {
      co_await resources_.remove(resources::controller_caller("event-expiry"), kind,
                                 std::string(base::string_at(event, "metadata.namespace")),
                                 std::string(base::string_at(event, "metadata.name")), options);
      ++removed;
    } catch (...) {
      error = std::current_exception();
    }
    if (!error) continue;
    const base::Status status = base::to_status(error);
    const bool meanwhile = status.reason() == base::Reason::NotFound || status.reason() == base::Reason::Conflict;
    if (!meanwhile) throw status;
  }
  co_return removed;
}

}  // namespace berth::controller
