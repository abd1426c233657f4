// SPDX-License-Identifier: Apache-2.0
// What clients rely on in the documents; tests/conformance reads them with upstream's own parsers.
#include "schemas/openapi.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "schemas/schema.hpp"

namespace berth::schemas {
namespace {

using base::JsonObject;

std::vector<const Kind*> kinds_of(std::string_view api_version) {
  std::vector<const Kind*> kinds;
  for (const Kind& kind : Catalog::instance().kinds()) {
    if (kind.verbs.empty()) continue;
    if (api_version.empty() || kind.api_version() == api_version) kinds.push_back(&kind);
  }
  return kinds;
}

// Each document that is served, by a name.
std::map<std::string, Json> all_documents() {
  std::map<std::string, Json> documents;
  documents["v2"] = base::parse_json(openapi_json(OpenapiVersion::V2, kinds_of("")));
  for (const Kind* kind : kinds_of("")) {
    const std::string name = kind->api_version();
    if (documents.count(name) == 0) {
      documents[name] = base::parse_json(openapi_json(OpenapiVersion::V3, kinds_of(name)));
    }
  }
  return documents;
}

const JsonObject& models_of(const Json& document) {
  const Json* old = base::find_path(document, "definitions");
  return old ? old->as_object() : document.at("components").at("schemas").as_object();
}

void each_node(const Json& node, const std::string& path,
               const std::function<void(const JsonObject&, const std::string&)>& visit) {
  if (node.is_object()) {
    visit(node.get_object(), path);
    for (const auto& [key, value] : node.get_object()) each_node(value, path + "/" + std::string(key), visit);
  }
  if (node.is_array()) {
    for (const Json& item : node.get_array()) each_node(item, path + "/-", visit);
  }
}

TEST(Openapi, EveryReferenceLeadsToAModel) {
  for (const auto& [name, document] : all_documents()) {
    const JsonObject& models = models_of(document);
    const std::string folder = name == "v2" ? "#/definitions/" : "#/components/schemas/";
    std::size_t references = 0;
    each_node(document, name, [&](const JsonObject& node, const std::string& path) {
      const Json* reference = node.if_contains("$ref");
      if (!reference || !reference->is_string()) return;
      ++references;
      const std::string_view text = reference->get_string();
      ASSERT_TRUE(text.starts_with(folder)) << path;
      EXPECT_TRUE(models.contains(text.substr(folder.size()))) << path << ": " << text;
      // Upstream's parsers refuse a type beside a reference.
      for (const char* key : {"type", "properties", "items", "additionalProperties"}) {
        EXPECT_FALSE(node.contains(key)) << path;
      }
    });
    EXPECT_GT(references, 10U) << name;
  }
}

TEST(Openapi, EachKindAndListHasOneModel) {
  for (const auto& [name, document] : all_documents()) {
    std::map<std::string, int> seen;
    for (const auto& [model, value] : models_of(document)) {
      EXPECT_EQ(std::string_view(model).find('/'), std::string_view::npos) << model;
      const Json* marks = value.as_object().if_contains("x-kubernetes-group-version-kind");
      if (!marks) continue;
      for (const Json& mark : marks->as_array()) ++seen[base::to_canonical(mark)];
    }
    for (const auto& [mark, count] : seen) EXPECT_EQ(count, 1) << name << ": " << mark;
    for (const Kind* kind : kinds_of(name == "v2" ? "" : name)) {
      const auto mark = [&](const std::string& word) {
        return base::to_canonical(JsonObject{{"group", kind->group}, {"kind", word}, {"version", kind->version}});
      };
      EXPECT_EQ(seen[mark(kind->kind)], 1) << name;
      const bool lists = std::ranges::find(kind->verbs, "list") != kind->verbs.end();
      EXPECT_EQ(seen[mark(kind->list_kind)], lists ? 1 : 0) << name;
    }
  }
}

// kubectl explain shows nothing else.
TEST(Openapi, EveryFieldIsDescribed) {
  for (const auto& [name, document] : all_documents()) {
    each_node(models_of(document), name, [&](const JsonObject& node, const std::string& path) {
      const Json* properties = node.if_contains("properties");
      if (!properties || path.ends_with("/properties")) return;
      for (const auto& [field, schema] : properties->as_object()) {
        EXPECT_FALSE(base::string_at(schema, "description").empty()) << path << "." << field;
      }
    });
  }
}

// kubectl asks the PATCH operation what the server can do.
TEST(Openapi, PatchesSayWhatTheyTake) {
  const Json document = base::parse_json(openapi_json(OpenapiVersion::V3, kinds_of("berth.dev/v1")));
  const Json& patch =
      document.at("paths").at("/apis/berth.dev/v1/namespaces/{namespace}/containers/{name}").at("patch");
  std::set<std::string> names;
  for (const Json& parameter : patch.at("parameters").as_array()) {
    EXPECT_EQ(base::string_at(parameter, "in"), "query");
    names.emplace(base::string_at(parameter, "name"));
  }
  EXPECT_EQ(names, (std::set<std::string>{"dryRun", "fieldManager", "fieldValidation", "force"}));
  EXPECT_EQ(patch.at("x-kubernetes-group-version-kind"),
            Json(JsonObject{{"group", "berth.dev"}, {"kind", "Container"}, {"version", "v1"}}));
  EXPECT_EQ(base::string_at(patch, "x-kubernetes-action"), "patch");
  EXPECT_EQ(base::string_at(patch, "operationId"), "patchBerthDevV1NamespacedContainer");
  const JsonObject& forms = patch.at("requestBody").at("content").as_object();
  EXPECT_TRUE(forms.contains("application/merge-patch+json"));
  EXPECT_FALSE(forms.contains("application/strategic-merge-patch+json"));

  const Json core = base::parse_json(openapi_json(OpenapiVersion::V3, kinds_of("v1")));
  const Json& built_in = core.at("paths").at("/api/v1/namespaces/{name}").at("patch");
  EXPECT_TRUE(built_in.at("requestBody").at("content").as_object().contains("application/strategic-merge-patch+json"));
}

TEST(Openapi, PathsFollowTheVerbs) {
  const Json document = base::parse_json(openapi_json(OpenapiVersion::V2, kinds_of("")));
  const JsonObject& paths = document.at("paths").as_object();
  std::set<std::string> ids;
  std::size_t operations = 0;
  for (const auto& [path, item] : paths) {
    for (const auto& [method, operation] : item.as_object()) {
      if (method == "parameters") continue;
      ++operations;
      ids.emplace(base::string_at(operation, "operationId"));
    }
  }
  EXPECT_EQ(ids.size(), operations) << "an operationId stands twice";
  EXPECT_TRUE(paths.contains("/apis/berth.dev/v1/containers"));
  EXPECT_TRUE(paths.contains("/apis/berth.dev/v1/hosts/{name}/status"));
  EXPECT_FALSE(paths.contains("/apis/berth.dev/v1/namespaces/{namespace}/hosts"));
  EXPECT_TRUE(paths.contains("/api/v1/namespaces/{namespace}/secrets/{name}"));
  EXPECT_FALSE(paths.contains("/api/v1/namespaces/{namespace}/secrets/{name}/status"));
  EXPECT_FALSE(paths.at("/api/v1/namespaces").as_object().contains("delete"));
}

TEST(Openapi, ModelsSayHowTheyAreMerged) {
  const Json document = base::parse_json(openapi_json(OpenapiVersion::V3, kinds_of("berth.dev/v1")));
  const JsonObject& models = models_of(document);
  const Json& env = models.at("dev.berth.v1.ContainerSpec").at("properties").at("env");
  EXPECT_EQ(base::string_at(env, "x-kubernetes-list-type"), "map");
  EXPECT_EQ(base::to_canonical(env.at("x-kubernetes-list-map-keys")), R"(["name"])");
  const Json& meta = models.at("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  EXPECT_EQ(base::string_at(meta.at("properties").at("finalizers"), "x-kubernetes-patch-strategy"), "merge");
  const Json& root = models.at("dev.berth.v1.Container");
  EXPECT_EQ(base::to_canonical(root.at("required")), R"(["spec"])");
  EXPECT_EQ(base::to_canonical(root.at("properties").at("metadata").at("allOf")),
            R"([{"$ref":"#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}])");
}

// The fields of a message, by number; all that are met here are lengths and bytes.
std::multimap<std::uint32_t, std::string_view> read_message(std::string_view bytes) {
  std::multimap<std::uint32_t, std::string_view> fields;
  const auto read_varint = [&bytes] {
    std::uint64_t value = 0;
    for (int shift = 0; !bytes.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (!bytes.empty()) {
    const std::uint64_t tag = read_varint();
    if ((tag & 7) != 2) throw std::runtime_error("not a length-delimited field");
    const std::uint64_t length = read_varint();
    if (length > bytes.size()) throw std::runtime_error("a length beyond the end");
    fields.emplace(static_cast<std::uint32_t>(tag >> 3), bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return fields;
}

std::set<std::string> entry_names(std::string_view message, std::uint32_t number) {
  const auto fields = read_message(message);
  std::set<std::string> names;
  for (auto [at, end] = fields.equal_range(number); at != end; ++at) {
    names.emplace(read_message(at->second).find(1)->second);
  }
  return names;
}

std::set<std::string> keys_of(const JsonObject& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object) keys.emplace(key);
  return keys;
}

TEST(Openapi, ProtobufHasThePathsAndModelsOfTheJson) {
  const Json v2 = base::parse_json(openapi_json(OpenapiVersion::V2, kinds_of("")));
  const std::string old_bytes = openapi_protobuf(OpenapiVersion::V2, kinds_of(""));
  const auto old_fields = read_message(old_bytes);
  EXPECT_EQ(old_fields.find(1)->second, "2.0");
  EXPECT_EQ(entry_names(old_fields.find(8)->second, 2), keys_of(v2.at("paths").as_object()));
  EXPECT_EQ(entry_names(old_fields.find(9)->second, 1), keys_of(models_of(v2)));

  const Json v3 = base::parse_json(openapi_json(OpenapiVersion::V3, kinds_of("v1")));
  const std::string bytes = openapi_protobuf(OpenapiVersion::V3, kinds_of("v1"));
  const auto fields = read_message(bytes);
  EXPECT_EQ(fields.find(1)->second, "3.0.0");
  EXPECT_EQ(entry_names(fields.find(4)->second, 1), keys_of(v3.at("paths").as_object()));
  std::string components;
  for (auto [at, end] = fields.equal_range(5); at != end; ++at) components += at->second;
  const auto parts = read_message(components);
  EXPECT_EQ(entry_names(parts.find(1)->second, 1), keys_of(models_of(v3)));
  EXPECT_EQ(entry_names(parts.find(7)->second, 1), (std::set<std::string>{"BearerToken"}));
}

}  // namespace
}  // namespace berth::schemas
