// SPDX-License-Identifier: Apache-2.0
// Text to values; declared in base/json.hpp.
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <set>

#include "base/field_path.hpp"
#include "base/json.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

using boost::json::error_code;
using boost::json::string_view;

// What basic_parser asks of a handler, doing nothing; the handlers below hide the calls that they care about.
struct IdleHandler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  bool on_key(string_view, std::size_t, error_code&) { return true; }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

// Builds the value. Counts the members that it was told of: an object keeps fewer when a key came twice.
struct BuildHandler : IdleHandler {
  std::array<unsigned char, 4096> scratch;  // spares the stack its first allocations
  boost::json::value_stack stack{{}, scratch.data(), scratch.size()};
  std::size_t members = 0;
  std::string number;

  explicit BuildHandler(boost::json::storage_ptr storage) { stack.reset(std::move(storage)); }

  bool on_object_end(std::size_t count, error_code&) {
    members += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_end(std::size_t count, error_code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code&) {
    stack.push_key(rest);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(string_view rest, std::size_t, error_code&) {
    stack.push_string(rest);
    return true;
  }
  bool on_number_part(string_view part, error_code&) {
    number.append(part);
    return true;
  }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    number.clear();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    number.clear();
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double rough, string_view rest, error_code& error) {
    number.append(rest);
    // Boost.JSON 1.81 may miss the nearest double by one place.
    double value = 0;
    const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
    number.clear();
    if (result.ec != std::errc()) value = rough;  // out of range: zero or infinity
    if (!std::isfinite(value)) {
      error = boost::json::error::exponent_overflow;
      return false;
    }
    const Json narrowed = narrow_number(value);
    if (const auto* i = narrowed.if_int64()) {
      stack.push_int64(*i);
    } else if (const auto* u = narrowed.if_uint64()) {
      stack.push_uint64(*u);
    } else {
      stack.push_double(value);
    }
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
};

// Names the keys that came twice. Runs only over a text that is known to have one.
struct DuplicateHandler : IdleHandler {
  struct Level {
    std::set<std::string> keys;
    bool is_array = false;
  };

  std::vector<Level> levels;
  std::vector<FieldStep> path;  // one step for every open level
  std::string key;
  std::vector<std::string> duplicates;

  bool on_object_begin(error_code&) { return open(false); }
  bool on_array_begin(error_code&) { return open(true); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    key.append(part);
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code&) {
    key.append(rest);
    path.back() = key;
    if (!levels.back().keys.insert(key).second) duplicates.push_back(to_field_path(path));
    key.clear();
    return true;
  }
  bool on_string(string_view, std::size_t, error_code&) { return next(); }
  bool on_int64(std::int64_t, string_view, error_code&) { return next(); }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return next(); }
  bool on_double(double, string_view, error_code&) { return next(); }
  bool on_bool(bool, error_code&) { return next(); }
  bool on_null(error_code&) { return next(); }

 private:
  bool open(bool is_array) {
    levels.push_back({{}, is_array});
    if (is_array) {
      path.emplace_back(std::size_t{0});
    } else {
      path.emplace_back(std::string());
    }
    return true;
  }
  bool close() {
    levels.pop_back();
    path.pop_back();
    return next();
  }
  bool next() {
    if (!levels.empty() && levels.back().is_array) ++std::get<std::size_t>(path.back());
    return true;
  }
};

template <class Handler>
void run_parser(boost::json::basic_parser<Handler>& parser, std::string_view text) {
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (!error) return;
  throw bad_request("malformed JSON at byte " + std::to_string(read) + ": " + error.message());
}

std::size_t count_members(const Json& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const Json& element : *array) count += count_members(element);
  }
  return count;
}

}  // namespace

ParsedJson parse_json_reporting(std::string_view text, const JsonLimits& limits, boost::json::storage_ptr storage) {
  if (text.size() > limits.max_bytes) {
    throw Status(Reason::RequestEntityTooLarge,
                 "JSON of " + std::to_string(text.size()) + " bytes: the limit is " + std::to_string(limits.max_bytes));
  }
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  boost::json::basic_parser<BuildHandler> builder(options, std::move(storage));
  run_parser(builder, text);
  ParsedJson parsed{builder.handler().stack.release(), {}};
  if (count_members(parsed.value) != builder.handler().members) {
    boost::json::basic_parser<DuplicateHandler> finder(options);
    run_parser(finder, text);
    parsed.duplicate_fields = std::move(finder.handler().duplicates);
  }
  return parsed;
}

Json parse_json(std::string_view text, const JsonLimits& limits) {
  return std::move(parse_json_reporting(text, limits).value);
}

}  // namespace berth::base
