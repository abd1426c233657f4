// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one JSON type, and the one reader and writer for it.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::base {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

struct JsonLimits {
  std::size_t max_bytes = 3 * 1024 * 1024;
  std::size_t max_depth = 128;
};

// Every duplicate key that a reader met, as a field path: "spec.image". The last one stands in the value.
struct ParsedJson {
  Json value;
  std::vector<std::string> duplicate_fields;
};

// Throws BadRequest with the byte offset when malformed, too deep or followed by anything but white space, and
// RequestEntityTooLarge past max_bytes. Numbers: integers in the range of int64 and uint64, else double;
// an integral double written as 80.0 or 8e1 is read as the integer 80, as upstream does.
// The value lives in `storage`, which must outlive it and all that is moved out of it.
ParsedJson parse_json_reporting(std::string_view text, const JsonLimits& limits = {},
                                boost::json::storage_ptr storage = {});
Json parse_json(std::string_view text, const JsonLimits& limits = {});

// Canonical bytes: keys sorted bytewise at every level, no white space. Equal values (json_equal) give equal bytes.
// Throws InternalError for an infinity or a NaN, which no reader of ours makes.
std::string to_canonical(const Json& value);
void append_canonical(std::string& out, const Json& value);

// An integral double as int64 or uint64 where it fits; any other as it is.
Json narrow_number(double number);

// `text` as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);

// Deep equality, independent of key order; 1 and 1u and 1.0 are equal.
bool json_equal(const Json& a, const Json& b);

// Walks "a.b.c" through objects; nullptr when anything on the way is missing or no object. Keys with dots
// (annotations) need find() on the last object instead.
const Json* find_path(const Json& value, std::string_view dotted);
Json* find_path(Json& value, std::string_view dotted);

// The string at a path, or "" when absent or no string.
std::string_view string_at(const Json& value, std::string_view dotted);
std::int64_t int_at(const Json& value, std::string_view dotted, std::int64_t otherwise = 0);
bool bool_at(const Json& value, std::string_view dotted, bool otherwise = false);

// The object at a path, made on the way where missing. Anything else in the way is replaced.
JsonObject& make_path(Json& value, std::string_view dotted);

}  // namespace berth::base
