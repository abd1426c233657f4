// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bounds on what happens at once. Counted across loops.
#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace berth::api {

class InFlight {
 public:
  explicit InFlight(std::size_t limit) : limit_(limit) {}

  // One place, given back when it is destroyed.
  class Place {
   public:
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (owner_ != nullptr) owner_->count_.fetch_sub(1);
    }

   private:
    friend class InFlight;
    explicit Place(InFlight* owner) : owner_(owner) {}
    InFlight* owner_;
  };

  // Nothing when all places are taken.
  std::optional<Place> enter() {
    if (count_.fetch_add(1) < limit_) return Place(this);
    count_.fetch_sub(1);
    return std::nullopt;
  }
  std::size_t count() const { return count_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace berth::api
