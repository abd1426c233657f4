// SPDX-License-Identifier: Apache-2.0
#include "api/partial_metadata.hpp"

#include "base/status.hpp"

namespace berth::api {
namespace {

[[noreturn]] void refuse() { throw base::internal_error("stored bytes are no canonical object"); }

// The end of the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  if (at >= text.size()) refuse();
  return at + 1;
}

// The end of the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
    } else {
      if (c == '}' || c == ']' || c == ',') {
        if (depth == 0) return at;
        if (c != ',') --depth;
      } else if (c == '{' || c == '[') {
        ++depth;
      }
      ++at;
    }
  }
  refuse();
}

}  // namespace

std::string_view metadata_in(std::string_view object) {
  constexpr std::string_view kNone = "{}";
  if (object.size() < 2 || object.front() != '{') refuse();
  std::size_t at = 1;
  while (object[at] == '"') {
    const std::size_t colon = end_of_string(object, at);
    const std::string_view key = object.substr(at, colon - at);
    const std::size_t end = end_of_value(object, colon + 1);
    if (key == "\"metadata\"") return object.substr(colon + 1, end - colon - 1);
    if (object[end] != ',' || end + 1 == object.size()) return kNone;
    at = end + 1;
  }
  return kNone;
}

std::string partial_metadata(std::string_view object, std::string_view version) {
  std::string text = R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)";
  return text.append(version).append(R"(","metadata":)").append(metadata_in(object)).append("}");
}

}  // namespace berth::api
