// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_wire.hpp"

namespace berth::docker {

std::string_view SshReader::take(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t SshReader::byte() {
  const std::string_view bytes = take(1);
  return bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]);
}

std::uint32_t SshReader::number() {
  std::uint32_t value = 0;
  for (const char c : take(4)) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

std::string_view SshReader::string() {
  const std::uint32_t length = number();
  return take(length);
}

std::vector<std::string> SshReader::names() {
  std::vector<std::string> names;
  std::string_view text = string();
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    names.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return names;
}

void append_number(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_string(std::string& to, std::string_view text) {
  append_number(to, static_cast<std::uint32_t>(text.size()));
  to.append(text);
}

}  // namespace berth::docker
