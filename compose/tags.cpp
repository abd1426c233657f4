// SPDX-License-Identifier: Apache-2.0
#include "compose/tags.hpp"

#include "base/yaml.hpp"

namespace berth::compose {

namespace {

// The value that carries the tag; nullptr when there is none.
const Json* tagged(const Json& value, std::string_view tag) {
  if (!value.is_object() || value.get_object().size() != 1) return nullptr;
  return value.get_object().if_contains(base::tagged_key(tag));
}

bool is_tagged(const Json& value) {
  return tagged(value, "!reset") != nullptr || tagged(value, "!override") != nullptr;
}

}  // namespace

Json without_tags(const Json& value) {
  if (tagged(value, "!reset") != nullptr) return nullptr;
  if (const Json* inner = tagged(value, "!override")) return without_tags(*inner);
  if (value.is_object()) {
    JsonObject made;
    for (const auto& member : value.get_object()) {
      if (tagged(member.value(), "!reset") == nullptr) made[member.key()] = without_tags(member.value());
    }
    return made;
  }
  if (value.is_array()) {
    base::JsonArray made;
    for (const Json& item : value.get_array()) {
      if (tagged(item, "!reset") == nullptr) made.push_back(without_tags(item));
    }
    return made;
  }
  return value;
}

void erase_tagged(Json& earlier, const Json& later) {
  if (!earlier.is_object() || !later.is_object()) return;
  for (const auto& member : later.get_object()) {
    if (is_tagged(member.value())) {
      earlier.get_object().erase(member.key());
    } else if (Json* inner = earlier.get_object().if_contains(member.key())) {
      erase_tagged(*inner, member.value());
    }
  }
}

void copy_tags(Json& into, const Json& from) {
  if (!into.is_object() || !from.is_object()) return;
  for (const auto& member : from.get_object()) {
    Json* inner = into.get_object().if_contains(member.key());
    if (tagged(member.value(), "!reset") != nullptr) {
      into.get_object()[member.key()] = member.value();
    } else if (inner == nullptr) {
      continue;
    } else if (tagged(member.value(), "!override") != nullptr) {
      *inner = JsonObject{{base::tagged_key("!override"), Json(*inner)}};
    } else {
      copy_tags(*inner, member.value());
    }
  }
}

}  // namespace berth::compose
