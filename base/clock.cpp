// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <condition_variable>
#include <map>
#include <mutex>

namespace berth::base {
namespace {

class RealClock : public Clock {
 public:
  WallTime now() const override { return std::chrono::system_clock::now(); }
  SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
  Task<void> sleep_until(SteadyTime when) override {
    Timer timer(co_await this_loop(), when);
    co_await timer.async_wait(use_task);
  }
};

}  // namespace

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

// Belongs to its loop, but for the registration. The timer never fires by itself: it is what a cancel and advance()
// both know how to end.
struct Sleeper {
  explicit Sleeper(Executor at) : loop(std::move(at)), timer(loop, Timer::time_point::max()) {}
  Executor loop;
  Timer timer;
  bool due = false;
};

struct FakeClock::State {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  WallTime wall{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  SteadyTime steady{std::chrono::hours(1)};
  std::multimap<SteadyTime, std::shared_ptr<Sleeper>> sleepers;

  // Nothing when `when` has passed.
  std::shared_ptr<Sleeper> add(SteadyTime when, const Executor& loop) {
    const std::scoped_lock lock(mutex);
    if (when <= steady) return nullptr;
    auto sleeper = std::make_shared<Sleeper>(loop);
    sleepers.emplace(when, sleeper);
    changed.notify_all();
    return sleeper;
  }

  void remove(SteadyTime when, const std::shared_ptr<Sleeper>& sleeper) {
    const std::scoped_lock lock(mutex);
    auto [it, end] = sleepers.equal_range(when);
    while (it != end && it->second != sleeper) ++it;
    if (it != end) sleepers.erase(it);
  }
};

FakeClock::FakeClock() : state_(std::make_unique<State>()) {}
FakeClock::~FakeClock() = default;

WallTime FakeClock::now() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->wall;
}

SteadyTime FakeClock::steady_now() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->steady;
}

Task<void> FakeClock::sleep_until(SteadyTime when) {
  const Executor loop = co_await this_loop();
  const auto sleeper = state_->add(when, loop);
  if (!sleeper) {
    // A real timer lets others run too, even when its time has passed.
    co_await asio::post(use_task);
    co_return;
  }
  boost::system::error_code ignored;
  co_await sleeper->timer.async_wait(asio::redirect_error(use_task, ignored));
  if (sleeper->due) co_return;
  state_->remove(when, sleeper);
  throw boost::system::system_error(asio::error::operation_aborted);
}

void FakeClock::advance(std::chrono::steady_clock::duration by) {
  const std::scoped_lock lock(state_->mutex);
  state_->wall += by;
  state_->steady += by;
  const auto end = state_->sleepers.upper_bound(state_->steady);
  for (auto it = state_->sleepers.begin(); it != end; ++it) {
    post_to(it->second->loop, [sleeper = it->second] {
      sleeper->due = true;
      sleeper->timer.cancel();
    });
  }
  state_->sleepers.erase(state_->sleepers.begin(), end);
}

std::size_t FakeClock::sleepers() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->sleepers.size();
}

bool FakeClock::wait_for_sleepers(std::size_t count) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, std::chrono::seconds(30), [&] { return state_->sleepers.size() >= count; });
}

}  // namespace berth::base
