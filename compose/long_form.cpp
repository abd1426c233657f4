// SPDX-License-Identifier: Apache-2.0
#include "compose/long_form.hpp"

#include "compose/problems.hpp"

namespace berth::compose {

void lengthen(const Shape& shape, Json& value, const std::string& path) {
  if (value.is_object()) {
    for (auto& member : value.get_object()) {
      const Shape* inner = shape.member(member.key());
      if (inner != nullptr) lengthen(*inner, member.value(), member_path(path, member.key()));
    }
  } else if (value.is_array() && shape.kind == Kind::List) {
    std::size_t index = 0;
    for (Json& item : value.get_array()) lengthen(shape.item.front(), item, item_path(path, index++));
  }
  if (shape.lengthen != nullptr) value = shape.lengthen(value, path);
}

void complete(const Shape& shape, Json& value) {
  if (value.is_object()) {
    if (shape.complete != nullptr) shape.complete(value.get_object());
    for (auto& member : value.get_object()) {
      const Shape* inner = shape.member(member.key());
      if (inner != nullptr) complete(*inner, member.value());
    }
  } else if (value.is_array() && shape.kind == Kind::List) {
    for (Json& item : value.get_array()) complete(shape.item.front(), item);
  }
}

Json lengthen_external(const Json& value, const std::string& path) {
  if (!value.is_object()) return value;
  Json made = value;
  JsonObject& resource = made.get_object();
  const Json* external = resource.if_contains("external");
  if (external == nullptr || !external->is_object()) return made;
  const Json* old_name = external->get_object().if_contains("name");
  const Json* name = resource.if_contains("name");
  if (old_name != nullptr && name != nullptr && !base::json_equal(*old_name, *name)) {
    refuse(path, "name and external.name differ; use name only");
  }
  if (old_name != nullptr && name == nullptr) resource["name"] = Json(*old_name);
  resource["external"] = true;
  return made;
}

Json lengthen_device(const Json& value, const std::string& path) {
  if (!value.is_string()) return value;
  std::string_view text = value.get_string();
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (parts.size() > 3) refuse(path, "more than source:target:permissions; use the long form");
  const std::string_view source = parts[0];
  const std::string_view target = parts.size() > 1 && !parts[1].empty() ? parts[1] : source;
  return JsonObject{{"source", source}, {"target", target}, {"permissions", parts.size() > 2 ? parts[2] : "rwm"}};
}

Json lengthen_env_files(const Json& value, const std::string&) {
  JsonArray files;
  if (value.is_string()) {
    files.push_back(JsonObject{{"path", value}, {"required", true}});
    return files;
  }
  if (!value.is_array()) return value;
  for (const Json& item : value.get_array()) {
    JsonObject file = item.is_object() ? item.get_object() : JsonObject{{"path", item}};
    file.emplace("required", true);
    files.push_back(std::move(file));
  }
  return files;
}

Json lengthen_names(const Json& value, const std::string&) {
  if (!value.is_array()) return value;
  JsonObject named;
  for (const Json& name : value.get_array()) {
    if (name.is_string()) named[name.get_string()] = nullptr;
  }
  return named;
}

Json lengthen_grant(const Json& value, const std::string&) {
  return value.is_string() ? Json(JsonObject{{"source", value}}) : value;
}

Json lengthen_depends_on(const Json& value, const std::string&) {
  JsonObject made;
  if (value.is_array()) {
    for (const Json& name : value.get_array()) {
      if (name.is_string()) made[name.get_string()] = JsonObject{{"condition", "service_started"}, {"required", true}};
    }
    return made;
  }
  if (!value.is_object()) return value;
  for (const auto& member : value.get_object()) {
    Json dependency = member.value();
    if (dependency.is_object()) {
      dependency.get_object().emplace("condition", "service_started");
      dependency.get_object().emplace("required", true);
    }
    made[member.key()] = std::move(dependency);
  }
  return made;
}

Json lengthen_pairs(const Json& value, const std::string& path) {
  if (!value.is_array()) return value;
  JsonObject made;
  for (const Json& item : value.get_array()) {
    const std::string_view text = item.is_string() ? std::string_view(item.get_string()) : std::string_view();
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      refuse(path, "\"" + std::string(text) + "\" is not of the form name=value");
    }
    made[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return made;
}

}  // namespace berth::compose
