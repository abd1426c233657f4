// SPDX-License-Identifier: Apache-2.0
#pragma once
// The body of a LIST, copied piece by piece into one buffer of 64 KiB and written whenever that is full: neither a
// huge string nor a buffer per object. A body that fits the buffer is answered whole. For whoever takes gzip the first
// buffer is as large as what is worth zipping.
#include <memory>

#include "api/exchange.hpp"
#include "base/gzip_stream.hpp"

namespace berth::api {

class ListBody {
 public:
  ListBody(Exchange& exchange, std::string_view content_type)
      : exchange_(exchange),
        content_type_(content_type),
        room_(exchange.zips(Exchange::kZipFrom) ? Exchange::kZipFrom : kBufferBytes) {}

  // Wipes what is in the buffer: it may be secret.
  ~ListBody();
  ListBody(const ListBody&) = delete;
  ListBody& operator=(const ListBody&) = delete;

  base::Task<void> add(std::string_view piece);
  // For many small pieces, without a coroutine for each: copies what fits of the piece and takes it off. False: some
  // is left, flush() first.
  bool take(std::string_view& piece);
  // Writes what is in the buffer.
  base::Task<void> flush();
  // Writes what is left. Call once.
  base::Task<void> finish();

  // With the frame of an HTTP chunk, 4 + 2 + 2 bytes, these are exactly four TLS records.
  static constexpr std::size_t kBufferBytes = 64 * 1024 - 8;

 private:
  base::Task<void> begin();
  // Hands on what the coder has ready, or the buffer as it is.
  base::Task<void> write();

  Exchange& exchange_;
  std::string content_type_;
  std::size_t room_;  // what the buffer takes before it is written
  std::unique_ptr<base::GzipStream> gzip_;
  std::string zipped_;
  std::string buffer_;
  std::size_t copied_ = 0;
};

}  // namespace berth::api
