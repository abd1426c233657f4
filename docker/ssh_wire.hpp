// SPDX-License-Identifier: Apache-2.0
#pragma once
// The data types of the SSH protocol (RFC 4251, 5): bytes, big-endian numbers, strings with their length before them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::docker {

// Reads from bytes that outlive it. Past their end every read gives nothing and ok() is false, so that a whole
// structure is read first and judged once.
class SshReader {
 public:
  explicit SshReader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t byte();
  std::uint32_t number();
  std::string_view string();
  std::string_view take(std::size_t count);
  // "a,b,c"
  std::vector<std::string> names();
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void append_number(std::string& to, std::uint32_t value);
void append_string(std::string& to, std::string_view text);

}  // namespace berth::docker
