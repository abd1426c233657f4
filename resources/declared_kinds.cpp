// SPDX-License-Identifier: Apache-2.0
#include "resources/declared_kinds.hpp"

#include <set>

#include "base/clock.hpp"
#include "resources/object/object_key.hpp"
#include "schemas/declarations.hpp"

namespace berth::resources {
namespace {

using base::JsonArray;
using base::JsonObject;

const Kind& definition_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("CustomResourceDefinition");
  return kind;
}

// Upstream's definitions know none of our marks, nor what a strategic merge patch does.
bool is_foreign(std::string_view key) {
  return key.starts_with("x-berth-") || key.starts_with("x-kubernetes-patch-") || key == "meta_type";
}

Json plain(const Json& value) {
  if (value.is_array()) {
    JsonArray list;
    for (const Json& item : value.get_array()) list.push_back(plain(item));
    return list;
  }
  if (!value.is_object()) return value;
  JsonObject object;
  for (const auto& [key, member] : value.get_object()) {
    if (!is_foreign(key)) object[key] = plain(member);
  }
  return object;
}

JsonObject condition(const char* type, const char* reason, const char* message, base::WallTime now) {
  return {{"lastTransitionTime", base::format_time(now)},
          {"message", message},
          {"reason", reason},
          {"status", "True"},
          {"type", type}};
}

Json definition(const Json& declaration, base::WallTime now) {
  JsonObject spec = plain(declaration.at("spec")).as_object();
  spec["conversion"] = JsonObject{{"strategy", "None"}};
  JsonArray stored;
  for (const Json& version : spec.at("versions").as_array()) stored.push_back(version.at("name"));
  JsonObject status{{"acceptedNames", spec.at("names")},
                    {"conditions", JsonArray{condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
                                             condition("Established", "InitialNamesAccepted",
                                                       "the initial names have been accepted", now)}},
                    {"storedVersions", std::move(stored)}};
  return JsonObject{{"apiVersion", "apiextensions.k8s.io/v1"},
                    {"kind", "CustomResourceDefinition"},
                    {"metadata", JsonObject{{"name", declaration.at("metadata").at("name")}}},
                    {"spec", std::move(spec)},
                    {"status", std::move(status)}};
}

Task<void> publish(ObjectWriter& writer, const ObjectReader& reader, Json wanted) {
  const Caller caller = controller_caller("bootstrap");
  const std::string name(base::string_at(wanted, "metadata.name"));
  const auto present = reader.find(definition_kind(), "", name);
  if (!present) {
    Body body{std::move(wanted), {}};
    co_await writer.create(caller, definition_kind(), "", std::move(body), {});
    co_return;
  }
  const Edit edit = [&wanted](Json& object) {
    object.as_object()["spec"] = wanted.at("spec");
    return true;
  };
  const std::string uid(base::string_at(present->parse(), "metadata.uid"));
  co_await writer.amend(caller, target_of(definition_kind(), "", name), Part::Main, uid, edit);
}

}  // namespace

Task<void> publish_kinds(ObjectWriter& writer, const ObjectReader& reader) {
  std::set<std::string, std::less<>> names;
  const Json declared = base::parse_json(schemas::declarations());
  for (const Json& declaration : declared.at("kinds").as_array()) {
    if (base::bool_at(declaration, "x-berth-built-in")) continue;
    // They are no definition's objects: a client that reads them here would look for what definitions promise.
    if (base::bool_at(declaration, "x-berth-read-through") || base::bool_at(declaration, "x-berth-answered")) continue;
    // Nor has one that is only ever a subresource's any of its own.
    const Json* verbs = base::find_path(declaration, "x-berth-verbs");
    if (verbs != nullptr && verbs->get_array().empty()) continue;
    names.emplace(base::string_at(declaration, "metadata.name"));
    co_await publish(writer, reader, definition(declaration, base::real_clock().now()));
  }
  store::ListQuery query;
  query.prefix = key_prefix(definition_kind(), "");
  for (const store::Entry& entry : reader.store().list(query).entries) {
    const std::string name(place_in(definition_kind(), entry.key).name);
    if (names.contains(name)) continue;
    co_await writer.remove(controller_caller("bootstrap"), target_of(definition_kind(), "", name), {});
  }
}

}  // namespace berth::resources
