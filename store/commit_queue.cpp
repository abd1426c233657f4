// SPDX-License-Identifier: Apache-2.0
#include "store/commit_queue.hpp"

#include <pthread.h>
#include <sched.h>

#include "store/write_rules.hpp"

namespace berth::store {

CommitQueue::CommitQueue(std::function<void(std::span<Pending* const>)> commit) : commit_(std::move(commit)) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "store-commit");
    // Where it shares a core with a loop, waking it must not interrupt the loop at the first of many requests: the
    // group would be that one. On a core of its own it starts at once either way.
    const sched_param none{};
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    run();
  });
}

CommitQueue::~CommitQueue() { close(); }

Task<void> CommitQueue::submit(Pending& pending) {
  pending.queued = std::chrono::steady_clock::now();
  pending.loop = co_await base::this_loop();
  auto initiate = [this, &pending](auto handler) {
    pending.resume.emplace(std::move(handler));
    push(pending);
  };
  co_await base::asio::async_initiate<const base::UseTask, void()>(initiate, base::use_task);
  if (pending.error) std::rethrow_exception(pending.error);
}

void CommitQueue::push(Pending& pending) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (!closed_) {
      wake = queue_.empty();
      queue_.push_back(&pending);
      if (!wake) return;
    }
  }
  if (wake) {
    wake_.notify_one();
    return;
  }
  pending.error = std::make_exception_ptr(closing());
  LoopPosts posts;
  posts.resume(*pending.loop, std::move(*pending.resume));
  posts.send();
}

void CommitQueue::run() {
  // The two change places and keep their room. Freed here, what a loop had made of the queue would be the next memory
  // that this thread takes, and a version that stays would then lie among what a loop's connections hold.
  std::vector<Pending*> group;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closed_ || !queue_.empty(); });
      if (queue_.empty()) return;
      group.swap(queue_);
    }
    commit_(group);
    group.clear();
  }
}

void CommitQueue::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace berth::store
