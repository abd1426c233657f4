// SPDX-License-Identifier: Apache-2.0
#pragma once
// KEY=VALUE and KEY- of `berth label` and `berth annotate`.
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::cli {

struct KeyChanges {
  std::map<std::string, std::string> set;
  std::vector<std::string> removed;
};

struct KeyWords {
  std::vector<std::string> objects;  // TYPE NAME...
  KeyChanges changes;
};

// Objects first, then changes. `noun` is "label" or "annotation". Throws BadRequest in kubectl's words.
KeyWords read_key_words(const std::vector<std::string>& words, const std::string& noun);

// What of `changes` would replace a value of `present` (null when there are none): "'key' already has a value (v)".
std::vector<std::string> replaced_values(const base::Json* present, const KeyChanges& changes);

// Only what differs from `present`, as a JSON merge patch of the map.
base::JsonObject patch_of(const base::Json* present, const KeyChanges& changes);

}  // namespace berth::cli
