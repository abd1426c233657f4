// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one committer thread and the queue before it. Whoever finds the queue empty wakes it; it takes everything at
// hand as one group. While it works, the next group gathers by itself: no timer, and no delay for a single client.
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <variant>

#include "store/loop_posts.hpp"
#include "store/store.hpp"

namespace berth::store {

struct JournalAppend {
  std::string journal;
  std::string bytes;
};
// A checkpoint of every journal that has moved since its last one.
struct JournalSeal {};
struct MetaPut {
  std::string name;
  std::string bytes;
};

// One request in the queue. It lives in the frame of the coroutine that waits for it.
struct Pending {
  std::variant<Write, JournalAppend, MetaPut, JournalSeal> request;
  Entry entry;                 // of a Write
  std::uint64_t sequence = 0;  // of a JournalAppend
  std::exception_ptr error;
  std::chrono::steady_clock::time_point queued;
  std::optional<base::Executor> loop;
  std::optional<Resume> resume;  // by emplace: Boost 1.81's move assignment of it recurses for ever
};

class CommitQueue {
 public:
  // `commit` answers every member of the group: it sets the results and posts their handlers. Runs on the
  // committer thread and must not throw.
  explicit CommitQueue(std::function<void(std::span<Pending* const>)> commit);
  ~CommitQueue();

  // Returns when the request was answered, on the caller's loop; throws its error. A cancel is seen only then, so
  // that the outcome is always known.
  Task<void> submit(Pending& pending);
  // Commits what is queued and ends the thread. Later submits throw ServiceUnavailable.
  void close();

 private:
  void push(Pending& pending);
  void run();

  std::function<void(std::span<Pending* const>)> commit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Pending*> queue_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace berth::store
