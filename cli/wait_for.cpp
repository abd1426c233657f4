// SPDX-License-Identifier: Apache-2.0
#include "cli/wait_for.hpp"

#include <algorithm>
#include <ostream>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "cli/printable.hpp"

namespace berth::cli {
namespace {

const base::JsonArray* conditions_of(const Json& object) {
  const Json* conditions = base::find_path(object, "status.conditions");
  return conditions != nullptr && conditions->is_array() ? &conditions->get_array() : nullptr;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

Task<void> watch_until(Session& session, Address address, std::function<bool(const Json*)> done) {
  const std::string field = "metadata.name=" + address.name;
  for (;;) {
    const std::string collection = address.resource->path(address.ns);
    const Reply list = co_await session.client.get(collection + query_of({{"fieldSelector", field}}));
    const auto& items = list.body.at("items").get_array();
    if (done(items.empty() ? nullptr : &items.front())) co_return;
    const std::string revision(base::string_at(list.body, "metadata.resourceVersion"));
    WatchStream watch = co_await session.client.watch(
        collection + query_of({{"watch", "true"}, {"fieldSelector", field}, {"resourceVersion", revision}}));
    bool expired = false;
    while (!expired) {
      std::optional<Json> frame;
      try {
        frame = co_await watch.next();
      } catch (const base::Status& status) {
        if (status.reason() != base::Reason::Expired && status.reason() != base::Reason::Gone) throw;
      }
      if (!frame) {
        expired = true;
      } else if (done(base::string_at(*frame, "type") == "DELETED" ? nullptr : &frame->at("object"))) {
        co_return;
      }
    }
  }
}

}  // namespace

std::chrono::milliseconds Deadline::left() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - clock_->steady_now());
  return std::max(left, std::chrono::milliseconds(0));
}

Task<bool> wait_until(Session& session, Address address, std::chrono::milliseconds limit,
                      std::function<bool(const Json*)> done) {
  try {
    co_await base::within(limit, "wait", watch_until(session, std::move(address), std::move(done)));
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Timeout) throw;
    co_return false;
  }
  co_return true;
}

namespace {

bool is_stale(const Json& object) {
  const std::int64_t generation = base::int_at(object, "metadata.generation");
  return base::int_at(object, "status.observedGeneration", generation) < generation;
}

const Json* present_condition(const Json& object, std::string_view type) {
  const base::JsonArray* conditions = conditions_of(object);
  if (conditions == nullptr || is_stale(object)) return nullptr;
  const std::int64_t generation = base::int_at(object, "metadata.generation");
  for (const Json& condition : *conditions) {
    if (!same_word(base::string_at(condition, "type"), type)) continue;
    return base::int_at(condition, "observedGeneration", generation) < generation ? nullptr : &condition;
  }
  return nullptr;
}

bool is_present(const Json& object, std::string_view type, std::string_view status) {
  const Json* condition = present_condition(object, type);
  return condition != nullptr && same_word(base::string_at(*condition, "status"), status);
}

std::string words_of(const Json& condition) {
  std::string text(base::string_at(condition, "reason"));
  const std::string_view message = base::string_at(condition, "message");
  if (!message.empty()) text.append(": ").append(message);
  return printable(text);
}

}  // namespace

bool has_condition(const Json& object, std::string_view type, std::string_view status) {
  const bool ready = same_word(type, "Ready") && same_word(status, "True");
  return is_present(object, type, status) && !(ready && is_present(object, "Reconciling", "True"));
}

Progress progress_of(const Json& object) {
  if (conditions_of(object) == nullptr || is_stale(object)) return {};
  if (has_condition(object, "Ready", "True")) return {Progress::State::Ready, ""};
  if (is_present(object, "Stalled", "True")) {
    return {Progress::State::Failed, words_of(*present_condition(object, "Stalled"))};
  }
  return {Progress::State::Waiting, waiting_reason(object)};
}

namespace {

// What is said may be of before; what it waits for is worth telling all the same.
Progress before_acknowledged(const Progress& seen) {
  const bool tells = seen.state == Progress::State::Waiting || seen.state == Progress::State::Failed;
  return tells ? Progress{Progress::State::Waiting, seen.reason} : Progress();
}

}  // namespace

namespace {

Task<bool> wait_ready_one(Session& session, Awaited one, std::chrono::milliseconds limit) {
  Progress seen;
  std::string shown;
  const std::string label = one.address.label();
  const auto settled = [&](const Json* object) {
    if (object == nullptr) return false;
    seen = progress_of(*object);
    if (one.acknowledged && !one.acknowledged(*object)) seen = before_acknowledged(seen);
    if (seen.state == Progress::State::Ready || seen.state == Progress::State::Failed) return true;
    if (seen.state == Progress::State::Waiting && seen.reason != shown) {
      session.out << (session.terminal ? "\r\033[K" : "") << label << ": " << seen.reason
                  << (session.terminal ? "" : "\n");
      session.out.flush();
      shown = seen.reason;
    }
    return false;
  };
  co_await wait_until(session, one.address, limit, settled);
  const bool ready = seen.state == Progress::State::Ready;
  session.out << (session.terminal ? "\r\033[K" : "") << label
              << (ready ? " ready\n" : " not ready: " + seen.reason + "\n");
  session.out.flush();
  co_return ready;
}

struct Outcome {
  bool ready = false;
  std::exception_ptr error;
};

// A client has one connection for its requests, so each waits with a client of its own.
Task<void> wait_beside(Session& session, Awaited one, std::chrono::milliseconds limit, Outcome& outcome) {
  Session own{ApiClient(session.client.access()),
              session.discovery,
              session.ns,
              session.asked_ns,
              session.out,
              session.err,
              session.terminal};
  try {
    outcome.ready = co_await wait_ready_one(own, std::move(one), limit);
  } catch (...) {
    outcome.error = std::current_exception();
  }
}

}  // namespace

Task<bool> wait_ready(Session& session, std::vector<Awaited> all, std::chrono::milliseconds limit) {
  std::vector<Outcome> outcomes(all.size());
  base::Scope scope(co_await base::asio::this_coro::executor, "wait");
  for (std::size_t i = 0; i < all.size(); ++i) {
    scope.spawn(wait_beside(session, std::move(all[i]), limit, outcomes[i]));
  }
  co_await scope.join();
  for (const Outcome& outcome : outcomes) {
    if (outcome.error) std::rethrow_exception(outcome.error);
  }
  co_return std::ranges::all_of(outcomes, &Outcome::ready);
}

std::string waiting_reason(const Json& object) {
  const base::JsonArray* conditions = conditions_of(object);
  if (conditions == nullptr) return "waiting for its controller";
  const Json* worst = nullptr;
  for (const Json& condition : *conditions) {
    const std::string_view type = base::string_at(condition, "type");
    const std::string_view status = base::string_at(condition, "status");
    const bool bad_when_true = type == "Stalled" || type == "Reconciling" || type == "Drifted";
    if (bad_when_true ? status == "True" : status != "True") {
      if (worst == nullptr || type != "Ready") worst = &condition;
    }
  }
  return worst == nullptr ? "Ready" : words_of(*worst);
}

}  // namespace berth::cli
