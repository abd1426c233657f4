// SPDX-License-Identifier: Apache-2.0
// One member for each key of a list; declared in compose/merge.hpp.
#include <map>

#include "compose/long_form.hpp"
#include "compose/merge.hpp"
#include "compose/problems.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

std::string name_key(const Json& item, const std::string& path) {
  if (item.is_string()) return scalar_text(item).substr(0, scalar_text(item).find('='));
  if (item.is_int64() || item.is_uint64()) return scalar_text(item);
  refuse(path, "must be a string");
}

std::string target_key(const Json& item, const std::string& path) {
  const Json* target = item.is_object() ? item.get_object().if_contains("target") : nullptr;
  if (target == nullptr || !target->is_string()) refuse(path, "a target is required");
  return scalar_text(*target);
}

std::string device_key(const Json& item, const std::string& path) {
  if (!item.is_string()) return target_key(item, path);
  const std::string text = scalar_text(item);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return text;
  return text.substr(colon + 1, text.find(':', colon + 1) - colon - 1);
}

std::string grant_key(const Json& item, std::string_view folder) {
  if (item.is_object()) {
    if (const Json* target = item.get_object().if_contains("target")) return scalar_text(*target);
    return std::string(folder) + "/" + std::string(base::string_at(item, "source"));
  }
  return std::string(folder) + "/" + scalar_text(item);
}

std::string port_key(const Json& item, const std::string& path) {
  if (!item.is_object()) return scalar_text(item);
  const JsonObject& port = item.get_object();
  const auto part = [&](std::string_view name, std::string otherwise) {
    const Json* found = port.if_contains(name);
    if (found == nullptr) return otherwise;
    // compose tells 80 from "80" here.
    return (found->is_string() ? "" : "number ") + scalar_text(*found);
  };
  if (!port.contains("target")) refuse(path, "a target port is required");
  return part("host_ip", "0.0.0.0") + ":" + part("published", "none") + ":" + scalar_text(port.at("target")) + "/" +
         part("protocol", "tcp");
}

std::string key_of(Sameness sameness, const Json& item, const std::string& path) {
  switch (sameness) {
    case Sameness::Volume:
      return item.is_string() ? mount_target(scalar_text(item), path) : target_key(item, path);
    case Sameness::Device:
      return device_key(item, path);
    case Sameness::Config:
      return grant_key(item, "");
    case Sameness::Secret:
      return grant_key(item, "/run/secrets");
    case Sameness::Port:
      return port_key(item, path);
    case Sameness::EnvFile:
      return item.is_object() ? std::string(base::string_at(item, "path")) : scalar_text(item);
    case Sameness::Name:
    case Sameness::None:
      break;
  }
  return name_key(item, path);
}

}  // namespace

void unify(const Shape& shape, Json& value, const std::string& path) {
  if (value.is_object()) {
    for (auto& member : value.get_object()) {
      const Shape* inner = shape.member(member.key());
      if (inner != nullptr) unify(*inner, member.value(), member_path(path, member.key()));
    }
  } else if (value.is_array() && shape.sameness != Sameness::None) {
    JsonArray kept;
    std::map<std::string, std::size_t> places;
    std::size_t index = 0;
    for (Json& item : value.get_array()) {
      const std::string key = key_of(shape.sameness, item, item_path(path, index++));
      const auto [place, added] = places.emplace(key, kept.size());
      if (added) {
        kept.push_back(std::move(item));
      } else {
        kept[place->second] = std::move(item);
      }
    }
    value = std::move(kept);
  }
}

}  // namespace berth::compose
