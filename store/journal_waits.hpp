// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who waits for a journal to grow. Any thread.
#include <list>
#include <memory>
#include <string>

#include "base/guarded.hpp"
#include "store/loop_posts.hpp"

namespace berth::store {

class JournalWaits {
 public:
  // Woken at each growth while the signal is held. `loop` is where it is waited for.
  std::shared_ptr<base::Signal> join(std::string journal, base::Executor loop);
  // Collects who must wake.
  void notify(std::string_view journal, LoopPosts& posts);
  void notify_all(LoopPosts& posts);

 private:
  struct Place {
    std::string journal;
    base::Executor loop;
    std::weak_ptr<base::Signal> signal;
  };
  static void forget_gone(std::list<Place>& places);
  template <class Concerned>
  void wake(Concerned concerned, LoopPosts& posts);

  base::Guarded<std::list<Place>> places_;
};

}  // namespace berth::store
