// SPDX-License-Identifier: Apache-2.0
#pragma once
// Short forms and the long forms that they stand for. Each takes either and gives the long one; `path` is for errors,
// which are Invalid.
#include <string>
#include <string_view>

#include "compose/shape.hpp"

namespace berth::compose {

// A whole file, in place: every short form by its shape's `lengthen`, inside out.
void lengthen(const Shape& shape, Json& value, const std::string& path);

// Fills in, in place, what the long forms leave out, by `complete`.
void complete(const Shape& shape, Json& value);

Json lengthen_external(const Json& value, const std::string& path);
Json lengthen_device(const Json& value, const std::string& path);
Json lengthen_env_files(const Json& value, const std::string& path);
Json lengthen_names(const Json& value, const std::string& path);
Json lengthen_mount(const Json& value, const std::string& path);
Json lengthen_grant(const Json& value, const std::string& path);
Json lengthen_depends_on(const Json& value, const std::string& path);
Json lengthen_ports(const Json& value, const std::string& path);
Json lengthen_pairs(const Json& value, const std::string& path);

// Where a mount's short form goes: "/data" of "vol:/data:ro".
std::string mount_target(std::string_view text, const std::string& path);

// An IPv4 or IPv6 address, without brackets or zone.
bool is_address(std::string_view text);

// Under this key a lengthened mount names options that nobody knows.
inline constexpr std::string_view kIgnoredOptions = "x-#ignored";

}  // namespace berth::compose
