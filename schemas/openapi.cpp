// SPDX-License-Identifier: Apache-2.0
#include "schemas/openapi.hpp"

#include "schemas/openapi_messages.hpp"
#include "schemas/openapi_parts.hpp"

namespace berth::schemas {

using base::JsonArray;
using base::JsonObject;

namespace {

void add_parts(OpenapiVersion version, const std::vector<const Kind*>& kinds, const TakePart& take_path,
               const TakePart& take_model) {
  OpenapiModels models(version, take_model);
  models.add_meta_types();
  for (const Kind* kind : kinds) {
    add_openapi_paths(version, *kind, take_path);
    models.add_kind(*kind);
    if (std::ranges::find(kind->verbs, "list") != kind->verbs.end()) models.add_list(*kind);
    for (const Subresource& part : kind->subresources) {
      const std::string api_version = part.group.empty() ? part.version : part.group + "/" + part.version;
      if (const Kind* body = Catalog::instance().find_kind(api_version, part.kind)) models.add_kind(*body);
    }
  }
}

// What a document has beside paths and models.
JsonObject head_of(OpenapiVersion version) {
  const JsonObject token{
      {"type", "apiKey"}, {"name", "authorization"}, {"in", "header"}, {"description", "Bearer and a token."}};
  JsonObject head{{"info", JsonObject{{"title", "Berth"}, {"version", "v" BERTH_VERSION}}},
                  {"security", JsonArray{JsonObject{{"BearerToken", JsonArray{}}}}}};
  if (version == OpenapiVersion::V2) {
    head["swagger"] = "2.0";
    head["securityDefinitions"] = JsonObject{{"BearerToken", token}};
  } else {
    head["openapi"] = "3.0.0";
    head["components"] = JsonObject{{"securitySchemes", JsonObject{{"BearerToken", token}}}};
  }
  return head;
}

// A JSON object in the making.
class ObjectText {
 public:
  void add(const std::string& name, const Json& part) {
    if (!text_.empty()) text_ += ',';
    base::append_quoted(text_, name);
    text_.append(":").append(base::to_canonical(part));
  }
  const std::string& members() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string openapi_json(OpenapiVersion version, const std::vector<const Kind*>& kinds) {
  ObjectText paths;
  ObjectText models;
  add_parts(
      version, kinds, [&](const std::string& name, const Json& part) { paths.add(name, part); },
      [&](const std::string& name, const Json& part) { models.add(name, part); });
  JsonObject head = head_of(version);
  ObjectText text;
  std::string components;
  if (version == OpenapiVersion::V3) {
    ObjectText others;
    for (const auto& [name, part] : head.at("components").as_object()) others.add(name, part);
    components = others.members() + ",\"schemas\":{" + models.members() + "}";
    head.erase("components");
  }
  for (const auto& [name, part] : head) text.add(name, part);
  const bool old = version == OpenapiVersion::V2;
  std::string out = "{" + text.members() + ",\"paths\":{" + paths.members() + "}";
  out.append(old ? ",\"definitions\":{" : ",\"components\":{").append(old ? models.members() : components);
  return out.append("}}");
}

std::string openapi_protobuf(OpenapiVersion version, const std::vector<const Kind*>& kinds) {
  const OpenapiMessages& messages = openapi_messages(version);
  std::string paths;
  std::string models;
  add_parts(
      version, kinds,
      [&](const std::string& name, const Json& part) {
        append_named(paths, messages.path_entry, name, messages.path, part);
      },
      [&](const std::string& name, const Json& part) {
        append_named(models, messages.model_entry, name, messages.model, part);
      });
  std::string out;
  append_fields(out, messages.document, head_of(version));
  append_text(out, messages.paths, paths);
  if (messages.components == 0) {
    append_text(out, messages.models, models);
    return out;
  }
  // A message that comes in two pieces is one: the head has the first piece of the components.
  std::string components;
  append_text(components, messages.models, models);
  append_text(out, messages.components, components);
  return out;
}

}  // namespace berth::schemas
