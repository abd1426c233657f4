// SPDX-License-Identifier: Apache-2.0
#include "docker/json_splitter.hpp"

#include "base/status.hpp"

namespace berth::docker {

std::optional<std::string> JsonSplitter::next() {
  for (; scanned_ < buffer_.size(); ++scanned_) {
    const char c = buffer_[scanned_];
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{') {
      if (depth_++ == 0) start_ = scanned_;
    } else if (c == '}' && depth_ > 0 && --depth_ == 0) {
      std::string object = buffer_.substr(start_, scanned_ + 1 - start_);
      buffer_.erase(0, scanned_ + 1);
      scanned_ = 0;
      return object;
    }
  }
  if (depth_ == 0) {
    buffer_.clear();
    scanned_ = 0;
  } else if (buffer_.size() - start_ > kMaxObject) {
    throw base::internal_error("the engine's stream holds an object of more than 4 MiB");
  }
  return std::nullopt;
}

}  // namespace berth::docker
