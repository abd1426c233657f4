// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bounds on what happens at once. Counted across loops.
#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/crypto.hpp"

namespace berth::api {

class InFlight {
 public:
  // `key` decides whose shares fall together: a random one, so that nobody can choose.
  explicit InFlight(std::size_t limit, base::Key32 key = base::Key32::random()) : limit_(limit), key_(std::move(key)) {}

  // One place, given back when it is destroyed.
  class Place {
   public:
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), share_(other.share_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (owner_ == nullptr) return;
      if (share_ != nullptr) share_->fetch_sub(1);
      owner_->count_.fetch_sub(1);
    }

   private:
    friend class InFlight;
    Place(InFlight* owner, std::atomic<std::size_t>* share) : owner_(owner), share_(share) {}
    InFlight* owner_;
    std::atomic<std::size_t>* share_;
  };

  // Nothing when all places are taken.
  std::optional<Place> enter() {
    if (count_.fetch_add(1) < limit_) return Place(this, nullptr);
    count_.fetch_sub(1);
    return std::nullopt;
  }

  // The same, shared by identity: nobody may hold more than four times what is still free. Alone, one gets four
  // fifths; two get four ninths each; and who comes new always finds a place. `who` is an identity that cannot be made
  // up: resources::Caller::answerable().
  std::optional<Place> enter(std::string_view who);

  std::size_t count() const { return count_; }

 private:
  std::atomic<std::size_t>& share_of(std::string_view who);

  const std::size_t limit_;
  const base::Key32 key_;
  std::atomic<std::size_t> count_{0};
  std::array<std::atomic<std::size_t>, 512> shares_{};
};

}  // namespace berth::api
