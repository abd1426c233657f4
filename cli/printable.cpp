// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

namespace berth::cli {

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0x7f) {
      shown += "^?";
    } else if (byte < 0x20 && c != '\n' && c != '\t') {
      shown += {'^', static_cast<char>(byte + '@')};
    } else {
      shown += c;
    }
  }
  return shown;
}

}  // namespace berth::cli
