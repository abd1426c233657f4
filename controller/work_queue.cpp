// SPDX-License-Identifier: Apache-2.0
#include "controller/work_queue.hpp"

#include <algorithm>

namespace berth::controller {

WorkQueue::WorkQueue(const std::string& name, base::Metrics& metrics, Backoff backoff, Lanes lanes)
    : backoff_(backoff),
      rules_(std::move(lanes)),
      depth_(metrics.gauge("berth_workqueue_depth", "Keys that wait for work.", {{"name", name}})),
      adds_(metrics.counter("berth_workqueue_adds_total", "Keys added.", {{"name", name}})),
      retries_(metrics.counter("berth_workqueue_retries_total", "Keys that failed and come back.", {{"name", name}})),
      latency_(metrics.histogram("berth_workqueue_latency_seconds", "How long a ready key waited for a worker.",
                                 {0.0001, 0.001, 0.01, 0.1, 1, 10, 60}, {{"name", name}})) {}

void WorkQueue::add(const Key& key, base::SteadyTime now) {
  if (working_.contains(key)) {
    again_.emplace(key, Again::Echo);
  } else if (!backs_off(key)) {
    add_now(key, now);
  }
}

void WorkQueue::add_now(const Key& key, base::SteadyTime now) {
  if (working_.contains(key)) {
    Again& again = again_[key];
    again = std::max(again, Again::Now);
    return;
  }
  if (const auto delayed = delayed_.find(key); delayed != delayed_.end()) {
    due_.erase({delayed->second, key});
    delayed_.erase(delayed);
  }
  enqueue(key, now);
}

void WorkQueue::add_anew(const Key& key, base::SteadyTime now) {
  if (working_.contains(key)) {
    again_[key] = Again::Anew;
    return;
  }
  forget(key);
  add_now(key, now);
}

void WorkQueue::enqueue(const Key& key, base::SteadyTime now) {
  if (waiting_.contains(key)) return;
  std::string lane = rules_.lane_of ? rules_.lane_of(key) : std::string();
  lanes_[lane].order.push_back(key);
  settle(lane);
  waiting_.emplace(key, Waiting{std::move(lane), now});
  adds_.increment();
  depth_.set(static_cast<double>(waiting_.size()));
}

// After anything that moved in the lane.
void WorkQueue::settle(const std::string& lane) {
  const auto found = lanes_.find(lane);
  const Lane& now = found->second;
  if (!now.order.empty() && now.held < rules_.places && now.working < rules_.most) {
    ready_.insert(lane);
  } else {
    ready_.erase(lane);
  }
  if (now.order.empty() && now.working == 0) lanes_.erase(found);
}

void WorkQueue::give_up_place(Working& work) {
  if (!work.patience_ends) return;
  work.patience_ends.reset();
  --lanes_.at(work.lane).held;
}

void WorkQueue::add_at(const Key& key, base::SteadyTime when) {
  const auto [it, fresh] = delayed_.emplace(key, when);
  if (!fresh) {
    if (it->second <= when) return;
    due_.erase({it->second, key});
    it->second = when;
  }
  due_.insert({when, key});
}

std::chrono::milliseconds WorkQueue::retry(const Key& key, base::SteadyTime now) {
  const unsigned failures = failures_[key]++;
  // 2^20 times the first is beyond any limit, and the shift stays defined.
  const auto grown = backoff_.first * (std::int64_t{1} << std::min(failures, 20u));
  const auto delay = std::min<std::chrono::milliseconds>(grown, backoff_.most);
  retries_.increment();
  add_at(key, now + delay);
  return delay;
}

void WorkQueue::forget(const Key& key) { failures_.erase(key); }

void WorkQueue::move_due(base::SteadyTime now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const Key key = due_.begin()->second;
    due_.erase(due_.begin());
    delayed_.erase(key);
    if (working_.contains(key)) {
      again_.emplace(key, Again::Echo);
    } else {
      enqueue(key, now);
    }
  }
}

std::optional<Key> WorkQueue::take(base::SteadyTime now) {
  move_due(now);
  while (!patience_.empty() && patience_.begin()->first <= now) {
    Working& work = working_.at(patience_.begin()->second);
    patience_.erase(patience_.begin());
    give_up_place(work);
    settle(work.lane);
  }
  if (ready_.empty()) return std::nullopt;
  auto turn = ready_.upper_bound(served_);
  if (turn == ready_.end()) turn = ready_.begin();
  served_ = *turn;
  Lane& lane = lanes_.at(served_);
  Key key = std::move(lane.order.front());
  lane.order.pop_front();
  ++lane.held;
  ++lane.working;
  settle(served_);

  const auto waited = waiting_.find(key);
  latency_.observe(std::chrono::duration<double>(now - waited->second.since).count());
  waiting_.erase(waited);
  depth_.set(static_cast<double>(waiting_.size()));
  working_.emplace(key, Working{served_, now + rules_.patience});
  patience_.insert({now + rules_.patience, key});
  return key;
}

void WorkQueue::done(const Key& key, base::SteadyTime now) {
  const auto ended = working_.find(key);
  Working work = std::move(ended->second);
  working_.erase(ended);
  if (work.patience_ends) patience_.erase({*work.patience_ends, key});
  give_up_place(work);
  --lanes_.at(work.lane).working;
  settle(work.lane);
  const auto again = again_.extract(key);
  if (again.empty()) return;
  switch (again.mapped()) {
    case Again::Echo:
      return add(key, now);
    case Again::Now:
      return add_now(key, now);
    case Again::Anew:
      return add_anew(key, now);
  }
}

std::optional<base::SteadyTime> WorkQueue::next_due() const {
  std::optional<base::SteadyTime> next;
  if (!due_.empty()) next = due_.begin()->first;
  if (waiting_.empty() || patience_.empty()) return next;
  const base::SteadyTime place = patience_.begin()->first;
  return next ? std::min(*next, place) : place;
}

}  // namespace berth::controller
