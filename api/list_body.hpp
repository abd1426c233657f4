// SPDX-License-Identifier: Apache-2.0
#pragma once
// The body of a LIST, copied piece by piece into one buffer of 64 KiB and written whenever that is full: neither a
// huge string nor a buffer per object. A body that fits the buffer is answered whole.
#include "api/exchange.hpp"

namespace berth::api {

class ListBody {
 public:
  ListBody(Exchange& exchange, std::string_view content_type) : exchange_(exchange), content_type_(content_type) {}

  base::Task<void> add(std::string_view piece);
  // Writes what is left. Call once.
  base::Task<void> finish();

  static constexpr std::size_t kBufferBytes = 64 * 1024;

 private:
  base::Task<void> flush();

  Exchange& exchange_;
  std::string content_type_;
  std::string buffer_;
  std::size_t copied_ = 0;
};

}  // namespace berth::api
