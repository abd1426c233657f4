// SPDX-License-Identifier: Apache-2.0
#include "store/ring_watch.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/scope.hpp"

namespace berth::store {
namespace {

constexpr Revision kNewest = 10;

// A log without events that answers once it is opened, or after ten seconds.
class HeldLog final : public EventLog {
 public:
  Chunk read_events(const std::string&, Revision, Revision upto, std::size_t) const override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(10), [this] { return open_; });
    ++ended_;
    return {{}, upto};
  }
  void wait_begun(int count) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return begun_ >= count; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  int begun() const {
    const std::scoped_lock lock(mutex_);
    return begun_;
  }
  int ended() const {
    const std::scoped_lock lock(mutex_);
    return ended_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable int begun_ = 0;
  mutable int ended_ = 0;
  bool open_ = false;
};

Task<void> resume_watch(std::shared_ptr<WatchHub> hub, const EventLog& log, int& done) {
  RingWatch watch(std::move(hub), log, "p/", 3, 0, co_await base::this_loop());
  co_await watch.next_for(10, std::chrono::seconds(0));
  EXPECT_EQ(watch.progress(), kNewest);
  ++done;
}

class RingWatchTest : public ::testing::Test {
 protected:
  base::Metrics metrics_;
  std::shared_ptr<WatchHub> hub_ = std::make_shared<WatchHub>(RingLimits(), kNewest, metrics_);
  HeldLog log_;
  int done_ = 0;
};

Task<void> resume_many(std::shared_ptr<WatchHub> hub, HeldLog& log, int& done) {
  base::Scope scope(co_await base::this_loop(), "test");
  for (int i = 0; i < 6; ++i) scope.spawn(resume_watch(hub, log, done));
  co_await base::asio::post(base::use_task);
  co_await base::blocking([&log] { log.wait_begun(2); });
  EXPECT_EQ(log.ended(), 0) << "a thread is left for others while the log is read";
  EXPECT_EQ(log.begun(), 2);
  log.open();
  co_await scope.join();
  EXPECT_EQ(log.begun(), 6);
}

TEST_F(RingWatchTest, ReplaysLeaveThreadsForOthers) {
  base::run(resume_many(hub_, log_, done_));
  EXPECT_EQ(done_, 6);
}

Task<void> give_up(std::shared_ptr<WatchHub> hub, HeldLog& log, int& done) {
  base::Scope scope(co_await base::this_loop(), "test");
  for (int i = 0; i < 6; ++i) scope.spawn(resume_watch(hub, log, done));
  co_await base::asio::post(base::use_task);
  co_await base::blocking([&log] { log.wait_begun(2); });
  scope.cancel();
  log.open();
  co_await scope.join();
  EXPECT_EQ(log.begun(), 2) << "who waited reads nothing";
  EXPECT_EQ(done, 2) << "these had their answer";
  co_await resume_watch(hub, log, done);
}

TEST_F(RingWatchTest, AWatchThatEndsGivesItsPlaceBack) {
  base::run(give_up(hub_, log_, done_));
  EXPECT_EQ(done_, 3);
}

}  // namespace
}  // namespace berth::store
