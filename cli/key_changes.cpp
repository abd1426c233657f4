// SPDX-License-Identifier: Apache-2.0
#include "cli/key_changes.hpp"

#include "base/status.hpp"

namespace berth::cli {
namespace {

bool is_change(const std::string& word) {
  const auto equals = word.find('=');
  if (equals != std::string::npos) return equals > 0;
  return word.size() > 1 && word.ends_with('-');
}

const base::Json* value_of(const base::Json* present, std::string_view key) {
  return present != nullptr && present->is_object() ? present->get_object().if_contains(key) : nullptr;
}

void add_change(const std::string& word, const std::string& noun, KeyChanges& changes) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) {
    changes.removed.push_back(word.substr(0, word.size() - 1));
    return;
  }
  const std::string value = word.substr(equals + 1);
  if (noun == "label" && value.find('=') != std::string::npos) {
    throw base::bad_request("invalid label spec: " + word + ": a label's value has no '='");
  }
  changes.set[word.substr(0, equals)] = value;
}

}  // namespace

KeyWords read_key_words(const std::vector<std::string>& words, const std::string& noun) {
  KeyWords read;
  bool changing = false;
  for (const std::string& word : words) {
    if (is_change(word)) {
      changing = true;
      add_change(word, noun, read.changes);
    } else if (changing) {
      throw base::bad_request("all resources must be specified before " + noun + " changes: " + word);
    } else {
      read.objects.push_back(word);
    }
  }
  if (read.objects.empty()) {
    throw base::bad_request("one or more resources must be specified as <resource> <name> or <resource>/<name>");
  }
  for (const std::string& key : read.changes.removed) {
    if (read.changes.set.contains(key)) {
      throw base::bad_request("can not both modify and remove the " + noun + " " + key + " in the same command");
    }
  }
  return read;
}

std::vector<std::string> replaced_values(const base::Json* present, const KeyChanges& changes) {
  std::vector<std::string> replaced;
  for (const auto& [key, value] : changes.set) {
    const base::Json* before = value_of(present, key);
    if (before != nullptr && before->is_string() && before->get_string() != value) {
      replaced.push_back("'" + key + "' already has a value (" + std::string(before->get_string()) + ")");
    }
  }
  return replaced;
}

base::JsonObject patch_of(const base::Json* present, const KeyChanges& changes) {
  base::JsonObject patch;
  for (const auto& [key, value] : changes.set) {
    const base::Json* before = value_of(present, key);
    if (before == nullptr || *before != base::Json(value)) patch[key] = value;
  }
  for (const std::string& key : changes.removed) {
    if (value_of(present, key) != nullptr) patch[key] = nullptr;
  }
  return patch;
}

}  // namespace berth::cli
