// SPDX-License-Identifier: Apache-2.0
#include "api/list_body.hpp"

#include <algorithm>

namespace berth::api {

ListBody::~ListBody() { const resources::SecretValue wiped(std::move(buffer_)); }

bool ListBody::take(std::string_view& piece) {
  const std::size_t count = std::min(piece.size(), room_ - buffer_.size());
  buffer_.append(piece.substr(0, count));
  copied_ += count;
  piece.remove_prefix(count);
  return piece.empty();
}

base::Task<void> ListBody::add(std::string_view piece) {
  while (!take(piece)) co_await flush();
}

base::Task<void> ListBody::begin() {
  if (!exchange_.zips(room_)) co_return co_await exchange_.begin_stream(content_type_);
  gzip_ = std::make_unique<base::GzipStream>(Exchange::kZipLevel);
  room_ = kBufferBytes;
  co_await exchange_.begin_zipped_stream(content_type_);
}

base::Task<void> ListBody::write() {
  co_await exchange_.http.write_chunk(gzip_ ? zipped_ : buffer_);
  buffer_.clear();
  zipped_.clear();
}

base::Task<void> ListBody::flush() {
  if (exchange_.code == 0) co_await begin();
  if (gzip_) gzip_->write(buffer_, zipped_);
  co_await write();
}

base::Task<void> ListBody::finish() {
  exchange_.services.list_bytes_copied.increment(static_cast<double>(copied_));
  if (exchange_.code == 0) {
    base::HttpResponse response;
    response.headers.add("Content-Type", content_type_);
    response.body = std::move(buffer_);
    co_return co_await exchange_.respond(std::move(response));
  }
  if (!buffer_.empty()) co_await flush();
  if (gzip_) {
    gzip_->finish(zipped_);
    co_await write();
  }
  co_await exchange_.http.end_chunked();
}

}  // namespace berth::api
