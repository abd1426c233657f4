// SPDX-License-Identifier: Apache-2.0
#include "base/stream.hpp"

#include <array>
#include <cstring>

namespace berth::base {

// For streams that cannot wait without a buffer: they wait with one of their own.
Task<std::string_view> Stream::read_view() {
  constexpr std::size_t kSize = 16 * 1024;
  static thread_local std::array<char, kSize> shared;
  const auto own = std::make_unique<std::array<char, kSize>>();
  const std::size_t count = co_await read_some(asio::buffer(*own));
  std::memcpy(shared.data(), own->data(), count);
  co_return std::string_view(shared.data(), count);
}

}  // namespace berth::base
