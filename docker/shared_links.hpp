// SPDX-License-Identifier: Apache-2.0
#pragma once
// Links by key, each shared by all who want it and gone with the last of them. Who asks for one that is being made
// waits for that one, and shares its outcome. One loop.
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::docker {

template <class Link>
class SharedLinks {
 public:
  explicit SharedLinks(base::Executor loop) : loop_(std::move(loop)) {}

  using Make = std::function<base::Task<std::shared_ptr<Link>>()>;
  // The one that is there, if `fit` says that it may be given out, or what `make` makes. Throws what that throws.
  base::Task<std::shared_ptr<Link>> get(std::string key, bool (*fit)(Link&), Make make) {
    std::erase_if(places_, [](const auto& entry) { return !entry.second->busy && entry.second->link.expired(); });
    auto& entry = places_[key];
    if (!entry) entry = std::make_shared<Place>(loop_);
    const std::shared_ptr<Place> place = entry;
    while (place->busy) {
      const std::uint64_t attempt = place->attempts;
      while (place->busy && place->attempts == attempt) co_await place->changed.wait();
      // Those who waited for an attempt share its outcome, unless it was given up.
      if (place->failure && base::to_status(place->failure).reason() != base::Reason::Cancelled) {
        std::rethrow_exception(place->failure);
      }
    }
    std::shared_ptr<Link> link = place->link.lock();
    if (link && fit(*link)) co_return link;
    place->busy = true;
    place->failure = nullptr;
    try {
      link = co_await make();
      place->link = link;
    } catch (...) {
      place->failure = std::current_exception();
    }
    place->busy = false;
    ++place->attempts;
    place->changed.notify();
    if (place->failure) std::rethrow_exception(place->failure);
    co_return link;
  }

 private:
  // Where a link is, or is being made.
  struct Place {
    explicit Place(base::Executor loop) : changed(std::move(loop)) {}
    std::weak_ptr<Link> link;
    bool busy = false;
    std::uint64_t attempts = 0;
    std::exception_ptr failure;  // of the last attempt
    base::Signal changed;
  };

  base::Executor loop_;
  std::map<std::string, std::shared_ptr<Place>> places_;
};

}  // namespace berth::docker
