// SPDX-License-Identifier: Apache-2.0
#pragma once
// Time that tests can turn. Everything whose behaviour depends on time (backoff, resync, event expiry, stamps)
// asks a Clock; network deadlines use the real clock.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.hpp"

namespace berth::base {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;
  virtual SteadyTime steady_now() const = 0;
  // Resumes on the caller's loop at `when` or later. Throws operation_aborted when the owner cancels.
  virtual Task<void> sleep_until(SteadyTime when) = 0;

  Task<void> sleep_for(std::chrono::steady_clock::duration duration) { return sleep_until(steady_now() + duration); }
};

// The machine's clocks. One instance for the process.
Clock& real_clock();

// Stands still until advance(). Thread-safe; sleepers resume on their own loops.
class FakeClock : public Clock {
 public:
  FakeClock();
  ~FakeClock() override;
  WallTime now() const override;
  SteadyTime steady_now() const override;
  Task<void> sleep_until(SteadyTime when) override;
  void advance(std::chrono::steady_clock::duration by);
  std::size_t sleepers() const;
  // Blocks until that many coroutines sleep on this clock: then advance() misses none. Not on the sleepers' loop;
  // there, `while (clock.sleepers() < n) co_await asio::post(use_task)`. False after 30 s.
  bool wait_for_sleepers(std::size_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "2026-01-02T03:04:05Z", as Kubernetes writes metav1.Time.
std::string format_time(WallTime time);
// "2026-01-02T03:04:05.000006Z", as Kubernetes writes metav1.MicroTime.
std::string format_micro_time(WallTime time);
// RFC 3339 with any fraction and offset. Nothing when malformed.
std::optional<WallTime> parse_time(std::string_view text);
// "5s", "3m20s", "2d3h": kubectl's short form for ages (duration.HumanDuration).
std::string format_age(std::chrono::seconds age);

}  // namespace berth::base
