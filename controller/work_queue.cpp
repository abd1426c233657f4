// SPDX-License-Identifier: Apache-2.0
#include "controller/work_queue.hpp"

#include <algorithm>

namespace berth::controller {

WorkQueue::WorkQueue(const std::string& name, base::Metrics& metrics, Backoff backoff)
    : backoff_(backoff),
      depth_(metrics.gauge("berth_workqueue_depth", "Keys that wait for work.", {{"name", name}})),
      adds_(metrics.counter("berth_workqueue_adds_total", "Keys added.", {{"name", name}})),
      retries_(metrics.counter("berth_workqueue_retries_total", "Keys that failed and come back.", {{"name", name}})),
      latency_(metrics.histogram("berth_workqueue_latency_seconds", "How long a ready key waited for a worker.",
                                 {0.0001, 0.001, 0.01, 0.1, 1, 10, 60}, {{"name", name}})) {}

void WorkQueue::add(const Key& key, base::SteadyTime now) {
  if (working_.contains(key)) {
    again_.emplace(key, false);
  } else if (!backs_off(key)) {
    add_now(key, now);
  }
}

void WorkQueue::add_now(const Key& key, base::SteadyTime now) {
  if (working_.contains(key)) {
    again_[key] = true;
    return;
  }
  if (const auto delayed = delayed_.find(key); delayed != delayed_.end()) {
    due_.erase({delayed->second, key});
    delayed_.erase(delayed);
  }
  enqueue(key, now);
}

void WorkQueue::enqueue(const Key& key, base::SteadyTime now) {
  if (!waiting_.emplace(key, now).second) return;
  order_.push_back(key);
  adds_.increment();
  depth_.set(static_cast<double>(waiting_.size()));
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
      again_[key] = true;
    } else {
      enqueue(key, now);
    }
  }
}

std::optional<Key> WorkQueue::take(base::SteadyTime now) {
  move_due(now);
  if (order_.empty()) return std::nullopt;
  Key key = std::move(order_.front());
  order_.pop_front();
  const auto waited = waiting_.find(key);
  latency_.observe(std::chrono::duration<double>(now - waited->second).count());
  waiting_.erase(waited);
  depth_.set(static_cast<double>(waiting_.size()));
  working_.insert(key);
  return key;
}

void WorkQueue::done(const Key& key, base::SteadyTime now) {
  working_.erase(key);
  const auto again = again_.extract(key);
  if (again.empty()) return;
  if (again.mapped()) {
    add_now(key, now);
  } else {
    add(key, now);
  }
}

std::optional<base::SteadyTime> WorkQueue::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace berth::controller
