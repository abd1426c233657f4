// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes received and not yet used, for both ends of HTTP. Private to base.
#include <string>
#include <string_view>

#include "base/stream.hpp"

namespace berth::base {

class ReceiveBuffer {
 public:
  std::string_view view() const { return std::string_view(bytes_).substr(used_); }
  bool empty() const { return used_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - used_; }

  void consume(std::size_t count) {
    used_ += count;
    if (!empty()) return;
    used_ = 0;
    bytes_.clear();
    if (bytes_.capacity() > kKeptCapacity) bytes_.shrink_to_fit();  // assigning an empty one would keep the room
  }

  // Reads once. False at the end of the stream.
  Task<bool> fill(Stream& stream) {
    const std::string_view received = co_await stream.read_view();
    co_return append(received);
  }

  // What was read. False when that is nothing, which is the end of the stream.
  bool append(std::string_view received) {
    bytes_.erase(0, std::exchange(used_, 0));
    bytes_.append(received);
    return !received.empty();
  }

  std::string take() {
    std::string rest(view());
    consume(size());
    return rest;
  }

  static constexpr std::size_t kKeptCapacity = 2048;  // an idle connection stays small
  std::size_t capacity() const { return bytes_.capacity(); }

 private:
  std::string bytes_;
  std::size_t used_ = 0;
};

}  // namespace berth::base
