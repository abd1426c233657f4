// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bounds on what happens at once. Counted across loops.
#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace berth::api {

class InFlight {
 public:
  explicit InFlight(std::size_t limit) : limit_(limit) {}

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
  // fifths; two get four ninths each; and who comes new always finds a place.
  std::optional<Place> enter(std::string_view who) {
    // Two identities that fall together share one part, which is rare, and hurts only at the limit.
    std::atomic<std::size_t>& share = shares_[std::hash<std::string_view>()(who) % shares_.size()];
    const std::size_t own = share.fetch_add(1);
    const std::size_t all = count_.fetch_add(1);
    if (all < limit_ && own < kFactor * (limit_ - all)) return Place(this, &share);
    count_.fetch_sub(1);
    share.fetch_sub(1);
    return std::nullopt;
  }

  std::size_t count() const { return count_; }

 private:
  static constexpr std::size_t kFactor = 4;

  const std::size_t limit_;
  std::atomic<std::size_t> count_{0};
  std::array<std::atomic<std::size_t>, 512> shares_{};
};

}  // namespace berth::api
