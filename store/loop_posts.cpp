// SPDX-License-Identifier: Apache-2.0
#include "store/loop_posts.hpp"

namespace berth::store {

LoopPosts::Post& LoopPosts::post_for(base::Executor loop) {
  for (Post& post : posts_) {
    if (post.loop == loop) return post;
  }
  return posts_.emplace_back(Post{loop, {}, {}});
}

void LoopPosts::resume(base::Executor loop, Resume handler) { post_for(loop).handlers.push_back(std::move(handler)); }

void LoopPosts::notify(base::Executor loop, std::weak_ptr<base::Signal> signal) {
  post_for(loop).signals.push_back(std::move(signal));
}

std::size_t LoopPosts::send() {
  const std::size_t count = posts_.size();
  for (Post& post : posts_) {
    const base::Executor loop = post.loop;
    base::post_to(loop, [post = std::move(post)]() mutable {
      for (Resume& handler : post.handlers) std::move(handler)();
      for (const auto& weak : post.signals) {
        if (const auto signal = weak.lock()) signal->notify();
      }
    });
  }
  posts_.clear();
  return count;
}

}  // namespace berth::store
