// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace berth::base {

// `bytes` as one gzip member (RFC 1952) without a name or a time, so that equal bytes give equal results. `level` is
// zlib's: 1 is quick, 9 is small. Throws InternalError.
std::string gzip(std::string_view bytes, int level);
// The reverse. Throws BadRequest when it is no gzip member, or more than `limit` bytes come out.
std::string gunzip(std::string_view bytes, std::size_t limit);

}  // namespace berth::base
