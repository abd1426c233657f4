// SPDX-License-Identifier: Apache-2.0
#pragma once
// Answers and wake-ups on their way to event loops: collected while a group is published, then one post per loop
// whatever their number.
#include <boost/asio/any_completion_handler.hpp>
#include <memory>
#include <vector>

#include "base/task.hpp"

namespace berth::store {

using Resume = base::asio::any_completion_handler<void()>;

class LoopPosts {
 public:
  void resume(base::Executor loop, Resume handler);
  // A signal whose watch is gone by then is skipped: watches end on their own loop, so the test cannot race.
  void notify(base::Executor loop, std::weak_ptr<base::Signal> signal);
  // Posts all and forgets them. Returns the number of posts.
  std::size_t send();

 private:
  struct Post {
    base::Executor loop;
    std::vector<Resume> handlers;
    std::vector<std::weak_ptr<base::Signal>> signals;
  };
  Post& post_for(base::Executor loop);

  std::vector<Post> posts_;  // as few as there are loops
};

}  // namespace berth::store
