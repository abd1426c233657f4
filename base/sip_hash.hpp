// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>

#include "base/crypto.hpp"

namespace berth::base {

// SipHash-2-4 under the key's first 16 bytes: places in tables that nobody can choose without the key. No MAC.
// https://www.aumasson.jp/siphash/siphash.pdf
std::uint64_t sip_hash(const Key32& key, std::string_view text);

}  // namespace berth::base
