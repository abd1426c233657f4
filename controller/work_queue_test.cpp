// SPDX-License-Identifier: Apache-2.0
#include "controller/work_queue.hpp"

#include <gtest/gtest.h>

namespace berth::controller {
namespace {

using namespace std::chrono_literals;

const Key kA{"default", "a"};
const Key kB{"default", "b"};
const Key kC{"default", "c"};

class WorkQueueTest : public testing::Test {
 protected:
  std::optional<std::string> take() {
    const std::optional<Key> key = queue.take(now);
    return key ? std::optional(key->name) : std::nullopt;
  }

  base::Metrics metrics;
  base::SteadyTime now{1h};
  WorkQueue queue{"test", metrics, {.first = 200ms, .most = 1s}};
};

TEST_F(WorkQueueTest, ServesInOrderAndOnce) {
  queue.add(kB, now);
  queue.add(kA, now);
  queue.add(kB, now);
  EXPECT_EQ(queue.depth(), 2u);
  EXPECT_EQ(take(), "b");
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(WorkQueueTest, KeyAtWorkIsNotTakenTwice) {
  queue.add(kA, now);
  EXPECT_EQ(take(), "a");
  queue.add(kA, now);
  queue.add(kA, now);
  EXPECT_EQ(take(), std::nullopt);
  queue.done(kA, now);
  EXPECT_EQ(take(), "a");
  queue.done(kA, now);
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(WorkQueueTest, BusyKeyDoesNotStarveOthers) {
  queue.add(kA, now);
  queue.add(kB, now);
  queue.add(kC, now);
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const std::string name = *take();
    order += name;
    queue.add(Key{"default", name}, now);
    queue.done(Key{"default", name}, now);
  }
  EXPECT_EQ(order, "abcabc");
}

TEST_F(WorkQueueTest, DelayedKeyWaitsForItsTime) {
  queue.add_at(kA, now + 5s);
  EXPECT_EQ(queue.next_due(), now + 5s);
  EXPECT_EQ(take(), std::nullopt);
  now += 5s;
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST_F(WorkQueueTest, TheEarlierDelayStands) {
  queue.add_at(kA, now + 5s);
  queue.add_at(kA, now + 9s);
  EXPECT_EQ(queue.next_due(), now + 5s);
  queue.add_at(kA, now + 2s);
  EXPECT_EQ(queue.next_due(), now + 2s);
  now += 10s;
  EXPECT_EQ(take(), "a");
  queue.done(kA, now);
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(WorkQueueTest, ChangeCutsADelayShort) {
  queue.add_at(kA, now + 1h);
  queue.add(kA, now);
  EXPECT_EQ(take(), "a");
  queue.done(kA, now);
  now += 2h;
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(WorkQueueTest, OwnEchoesDoNotCutABackoffShort) {
  queue.add(kA, now);
  EXPECT_EQ(take(), "a");
  queue.add(kA, now);  // the status that the failing pass wrote
  queue.retry(kA, now);
  queue.done(kA, now);
  EXPECT_EQ(take(), std::nullopt);
  queue.add(kA, now);
  EXPECT_EQ(take(), std::nullopt);
  queue.add_now(kA, now);
  EXPECT_EQ(take(), "a");
  queue.forget(kA);
  queue.done(kA, now);
  queue.add(kA, now);
  EXPECT_EQ(take(), "a");
}

TEST_F(WorkQueueTest, WishDuringAFailingPassIsServedAtOnce) {
  queue.add(kA, now);
  EXPECT_EQ(take(), "a");
  queue.add_now(kA, now);
  queue.retry(kA, now);
  queue.done(kA, now);
  EXPECT_EQ(take(), "a");
}

TEST_F(WorkQueueTest, AnotherWishStartsTheBackoffAnew) {
  EXPECT_EQ(queue.retry(kA, now), 200ms);
  EXPECT_EQ(queue.retry(kA, now), 400ms);
  queue.add_now(kA, now);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(queue.retry(kA, now), 800ms) << "only looked at sooner";
  queue.done(kA, now);
  queue.add_anew(kA, now);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(queue.retry(kA, now), 200ms);
  queue.add_anew(kA, now);  // while it is worked on: that work fails for the wish of before
  queue.retry(kA, now);
  queue.done(kA, now);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(queue.retry(kA, now), 200ms);
}

TEST_F(WorkQueueTest, BackoffDoublesPerKeyUpToTheMost) {
  EXPECT_EQ(queue.retry(kA, now), 200ms);
  EXPECT_EQ(queue.retry(kA, now), 400ms);
  EXPECT_EQ(queue.retry(kB, now), 200ms);
  EXPECT_EQ(queue.retry(kA, now), 800ms);
  EXPECT_EQ(queue.retry(kA, now), 1s);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(queue.retry(kA, now), 1s);
  queue.forget(kA);
  EXPECT_EQ(queue.retry(kA, now), 200ms);
}

TEST_F(WorkQueueTest, KeyDueWhileAtWorkWaitsForItsEnd) {
  queue.add(kA, now);
  EXPECT_EQ(take(), "a");
  queue.add_at(kA, now + 1s);
  now += 2s;
  EXPECT_EQ(take(), std::nullopt);
  queue.done(kA, now);
  EXPECT_EQ(take(), "a");
}

TEST_F(WorkQueueTest, CountsForTheMetrics) {
  queue.add(kA, now);
  queue.add(kA, now);
  queue.add(kB, now);
  queue.retry(kC, now);
  const base::MetricLabels labels{{"name", "test"}};
  EXPECT_EQ(metrics.counter("berth_workqueue_adds_total", "Keys added.", labels).value(), 2);
  EXPECT_EQ(metrics.gauge("berth_workqueue_depth", "Keys that wait for work.", labels).value(), 2);
  EXPECT_EQ(metrics.counter("berth_workqueue_retries_total", "Keys that failed and come back.", labels).value(), 1);
}

// Keys "a1", "b7": the letter is the lane.
class LanesTest : public testing::Test {
 protected:
  void add(const std::string& name) { queue.add({"default", name}, now); }
  void done(const std::string& name) { queue.done({"default", name}, now); }
  std::string take_all() {
    std::string taken;
    while (const std::optional<Key> key = queue.take(now)) taken += (taken.empty() ? "" : " ") + key->name;
    return taken;
  }

  base::Metrics metrics;
  base::SteadyTime now{1h};
  WorkQueue queue{
      "test",
      metrics,
      {},
      {.lane_of = [](const Key& key) { return key.name.substr(0, 1); }, .places = 2, .patience = 2s, .most = 3}};
};

TEST_F(LanesTest, LanesTakeTurns) {
  for (const char* name : {"a1", "a2", "b1", "c1", "c2", "b2"}) add(name);
  EXPECT_EQ(take_all(), "a1 b1 c1 a2 b2 c2");
}

TEST_F(LanesTest, AFullLaneHoldsUpNoOther) {
  for (const char* name : {"a1", "a2", "a3", "a4"}) add(name);
  EXPECT_EQ(take_all(), "a1 a2");
  add("b1");
  EXPECT_EQ(take_all(), "b1");
  done("a2");
  EXPECT_EQ(take_all(), "a3");
  EXPECT_EQ(queue.depth(), 1u);
  EXPECT_EQ(queue.at_work(), 3u);
}

TEST_F(LanesTest, SlowWorkGivesItsPlaceUp) {
  for (const char* name : {"a1", "a2", "a3", "a4"}) add(name);
  EXPECT_EQ(take_all(), "a1 a2");
  EXPECT_EQ(queue.next_due(), now + 2s);
  now += 2s;
  EXPECT_EQ(take_all(), "a3") << "a lane has at most three at work";
  now += 2s;
  EXPECT_EQ(take_all(), "");
  done("a1");
  EXPECT_EQ(take_all(), "a4");
  for (const char* name : {"a2", "a3", "a4"}) done(name);
  add("a1");
  EXPECT_EQ(take_all(), "a1") << "every place is free again";
}

TEST_F(LanesTest, NobodyWaitsForAPlaceThatNobodyWants) {
  add("a1");
  EXPECT_EQ(take_all(), "a1");
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST_F(LanesTest, AKeyStaysInItsLaneWhileItWorks) {
  add("a1");
  EXPECT_EQ(take_all(), "a1");
  add("a1");
  EXPECT_EQ(take_all(), "");
  done("a1");
  EXPECT_EQ(take_all(), "a1");
}

}  // namespace
}  // namespace berth::controller
