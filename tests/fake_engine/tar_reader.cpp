// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/tar_reader.hpp"

#include <cstdlib>

#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

namespace {

constexpr std::size_t kBlock = 512;

// A NUL-terminated field of a header.
std::string field(const std::string& tar, std::size_t at, std::size_t length) {
  std::string text = tar.substr(at, length);
  return text.substr(0, text.find('\0'));
}

unsigned long octal(const std::string& tar, std::size_t at, std::size_t length) {
  return std::strtoul(field(tar, at, length).c_str(), nullptr, 8);
}

void check_sum(const std::string& tar, std::size_t at) {
  unsigned long sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(tar[at + i]);
  }
  if (sum != octal(tar, at + 148, 8)) throw Refused{500, "archive/tar: invalid tar header"};
}

}  // namespace

std::map<std::string, FakeFile> read_tar(const std::string& tar, const std::string& root) {
  std::map<std::string, FakeFile> files;
  std::size_t at = 0;
  while (at + kBlock <= tar.size() && tar[at] != '\0') {
    check_sum(tar, at);
    const std::size_t size = octal(tar, at + 124, 12);
    if (at + kBlock + size > tar.size()) throw Refused{500, "unexpected EOF"};
    const std::string prefix = field(tar, at + 345, 155);
    const std::string name = (prefix.empty() ? "" : prefix + "/") + field(tar, at, 100);
    if (tar[at + 156] == '0' || tar[at + 156] == '\0') {
      const std::string folder = root.ends_with('/') ? root : root + "/";
      files[folder + name] = {tar.substr(at + kBlock, size), static_cast<int>(octal(tar, at + 100, 8))};
    }
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
  return files;
}

}  // namespace berth::fake_engine
