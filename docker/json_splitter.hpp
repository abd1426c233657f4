// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cuts a stream of JSON objects, however separated (nothing, lines, record separators), into objects. Engines name
// such streams differently, so the content type is not looked at.
#include <optional>
#include <string>
#include <string_view>

namespace berth::docker {

class JsonSplitter {
 public:
  static constexpr std::size_t kMaxObject = 4 * 1024 * 1024;

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole object. Throws InternalError for one that is larger than kMaxObject.
  std::optional<std::string> next();

 private:
  std::string buffer_;
  std::size_t scanned_ = 0;  // bytes of buffer_ that were looked at
  std::size_t start_ = 0;    // of the object at hand
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace berth::docker
