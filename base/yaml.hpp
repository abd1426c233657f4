// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one YAML loader. Core schema scalars (yes, no, on, off are strings; 0644 is octal, as kubectl reads it; .inf
// and .nan are refused), `<<` merge keys with explicit keys winning, duplicate keys reported, anchors and aliases with
// an expansion limit, line and column (in bytes) in every error. Keys are strings of their text (80 is "80"); a map or
// list as a key, a tag outside the core schema, bytes that are no UTF-8 and control characters are refused.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::base {

struct YamlLimits {
  std::size_t max_bytes = 3 * 1024 * 1024;
  std::size_t max_depth = 64;
  std::size_t max_nodes = 100'000;  // of all documents, after alias expansion; an anchored value counts twice
  std::size_t max_documents = 1'000;
};

struct YamlDocument {
  Json value;
  std::size_t line = 1;                       // where the document starts, from 1
  std::vector<std::string> duplicate_fields;  // "spec.image"
};

// What a language on top of YAML asks for beyond the core schema.
struct YamlDialect {
  // Tags that are its own, such as !reset: a value with one comes as an object of one member, tagged_key(tag): value.
  // No text can spell that key. A scalar with one is a string, whatever it looks like.
  std::vector<std::string_view> tags;
  bool keys_are_strings = false;  // a key that the core schema reads as a number, a boolean or null is refused
};

// The key under which a value with one of the dialect's tags is found: "\x01!reset".
std::string tagged_key(std::string_view tag);

// Every non-empty document of a stream. Throws BadRequest "line L, column C: ..." when malformed or over a limit,
// RequestEntityTooLarge past max_bytes.
std::vector<YamlDocument> parse_yaml(std::string_view text, const YamlLimits& limits = {},
                                     const YamlDialect& dialect = {});

// Exactly one document; anything else is BadRequest.
YamlDocument parse_one_yaml(std::string_view text, const YamlLimits& limits = {});

// Block style YAML, keys in the order of the value, as `kubectl get -o yaml` prints (keys sorted when `value`
// came from the server). Strings that would read back as another type are quoted; multi-line strings are literals.
std::string to_yaml(const Json& value);

}  // namespace berth::base
