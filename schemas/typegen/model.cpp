// SPDX-License-Identifier: Apache-2.0
#include "schemas/typegen/model.hpp"

#include <algorithm>
#include <set>

#include "base/status.hpp"

namespace berth::schemas::typegen {

using base::Json;
using base::JsonObject;

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

const JsonObject& object_at(const Json& schema, const std::string& key) {
  static const JsonObject kEmpty;
  const Json* found = base::find_path(schema, key);
  return found && found->is_object() ? found->get_object() : kEmpty;
}

bool is_required(const Json& schema, std::string_view field) {
  const Json* list = base::find_path(schema, "required");
  if (!list || !list->is_array()) return false;
  const auto& names = list->get_array();
  return std::any_of(names.begin(), names.end(), [&](const Json& name) { return name.get_string() == field; });
}

std::string member_name(const std::string& json, const std::string& path) {
  static const std::set<std::string> kKeywords = {"default", "operator", "template", "register", "switch", "class",
                                                  "private", "public",   "delete",   "new",      "union",  "this"};
  if (json == "namespace") return "ns";
  if (kKeywords.count(json)) throw base::internal_error(path + ": a C++ keyword cannot be a member");
  return to_snake_case(json);
}

std::string initial_value(const Json& field) {
  const JsonObject& object = field.get_object();
  const Json* value = object.if_contains("default");
  if (value && !value->is_object() && !value->is_array()) return base::to_canonical(*value);
  const std::string_view type = base::string_at(field, "type");
  if (type == "integer") return "0";
  if (type == "boolean") return "false";
  return "";
}

}  // namespace

std::string to_snake_case(const std::string& name) {
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    // "deviceIDs" and "enableIPv6" end in words of capitals that small letters belong to.
    const bool joins = name.substr(i + 1) == "s" || (i + 2 < name.size() && name[i + 2] >= '0' && name[i + 2] <= '9');
    const bool starts_word =
        is_upper(name[i]) && i > 0 &&
        (!is_upper(name[i - 1]) || (i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z' && !joins));
    if (starts_word) snake += '_';
    snake += is_upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return snake;
}

TypeName Model::name_type(const Json& schema, const std::string& path) {
  if (base::bool_at(schema, "x-kubernetes-int-or-string")) return {"std::string", ""};
  const std::string_view type = base::string_at(schema, "type");
  if (type == "string") return {"std::string", ""};
  if (type == "integer") return {"std::int64_t", ""};
  if (type == "boolean") return {"bool", ""};
  if (type == "array") {
    TypeName item = name_type(schema.at("items"), path + "[]");
    return {"std::vector<" + item.cpp + ">", item.core};
  }
  if (type == "object" && schema.get_object().contains("additionalProperties")) {
    TypeName item = name_type(schema.at("additionalProperties"), path + "{}");
    return {"std::map<std::string, " + item.cpp + ">", item.core};
  }
  if (type != "object") throw base::internal_error(path + ": no type");
  const std::string name(base::string_at(schema, "x-berth-type"));
  if (name.empty()) throw base::internal_error(path + ": an object needs x-berth-type");
  add_struct(read_struct(name, schema, path));
  return {name, name};
}

Struct Model::read_struct(const std::string& name, const Json& schema, const std::string& path) {
  Struct made{name, std::string(base::string_at(schema, "description")), {}, {}, false};
  for (const auto& [key, field] : object_at(schema, "properties")) {
    // A sealed value never gets into a struct, and what has no fields of its own has no struct.
    if (base::bool_at(field, "x-berth-sealed") || base::bool_at(field, "x-kubernetes-preserve-unknown-fields"))
      continue;
    const std::string json(key);
    const std::string where = path + "." + json;
    const TypeName type = name_type(field, where);
    const bool plain = base::bool_at(field, "x-berth-plain");
    const bool whole = type.cpp.starts_with("std::vector") || type.cpp.starts_with("std::map") ||
                       is_required(schema, json) || field.get_object().contains("default") || plain;
    Member member{json, member_name(json, where), type.cpp, "", std::string(base::string_at(field, "description")),
                  plain};
    if (whole) {
      member.initial = initial_value(field);
    } else {
      member.type = "std::optional<" + type.cpp + ">";
    }
    if (!type.core.empty()) made.holds.push_back(type.core);
    made.members.push_back(std::move(member));
  }
  return made;
}

void Model::add_struct(Struct made) {
  const auto [at, fresh] = index_.emplace(made.name, structs_.size());
  if (fresh) {
    structs_.push_back(std::move(made));
    return;
  }
  const auto same = [](const Member& a, const Member& b) {
    return a.json == b.json && a.type == b.type && a.initial == b.initial;
  };
  Struct& known = structs_[at->second];
  if (known.description != made.description) known.description.clear();
  if (!std::equal(known.members.begin(), known.members.end(), made.members.begin(), made.members.end(), same)) {
    throw base::internal_error("x-berth-type " + made.name + " names two different objects");
  }
}

void Model::mark_encoded(const std::string& name) {
  Struct& found = structs_.at(index_.at(name));
  if (found.encoded) return;
  found.encoded = true;
  for (const std::string& held : found.holds) mark_encoded(held);
}

void Model::add_object_meta(const Json& schema) { name_type(schema, "metadata"); }

void Model::add_kind(const std::string& kind, const Json& root) {
  Struct made = read_struct(kind, root, kind);
  for (Member& member : made.members) {
    // spec and status are always there: an absent one is an empty one.
    if (member.json != "spec" && member.json != "status") continue;
    if (member.type.starts_with("std::optional<")) member.type = member.type.substr(14, member.type.size() - 15);
    if (member.json == "status") mark_encoded(member.type);
  }
  made.members.insert(made.members.begin(), {"metadata", "metadata", "ObjectMeta", "", "", false});
  made.holds.push_back("ObjectMeta");
  add_struct(std::move(made));
  kinds_.push_back(kind);
}

}  // namespace berth::schemas::typegen
