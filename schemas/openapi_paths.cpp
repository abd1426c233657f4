// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include "schemas/openapi_parts.hpp"

namespace berth::schemas {

using base::JsonArray;
using base::JsonObject;

namespace {

struct QueryParameter {
  const char* name;
  const char* type;
  const char* description;
};

constexpr QueryParameter kPretty{"pretty", "string", "true: indent the answer."};
constexpr QueryParameter kDryRun{"dryRun", "string", "All: check everything, change nothing."};
constexpr QueryParameter kFieldManager{"fieldManager", "string", "Who makes the change, for managedFields."};
constexpr QueryParameter kFieldValidation{
    "fieldValidation", "string",
    "What becomes of unknown and duplicate fields: Ignore them, Warn (the default), or refuse them (Strict)."};
constexpr QueryParameter kForce{"force", "boolean", "An apply takes over fields that others manage."};
constexpr QueryParameter kDelete[] = {
    kDryRun,
    {"gracePeriodSeconds", "integer", "Time to end in. It has no effect on objects without a grace period."},
    {"orphanDependents", "boolean", "Superseded by propagationPolicy."},
    {"propagationPolicy", "string", "What becomes of what it owns: Background, Foreground or Orphan."}};
constexpr QueryParameter kSelect[] = {
    {"continue", "string", "Where the page begins: metadata.continue of the page before."},
    {"fieldSelector", "string", "Only objects whose fields are so, such as metadata.name=web."},
    {"labelSelector", "string", "Only objects whose labels are so, such as app=web,tier!=db."},
    {"limit", "integer", "How many objects a page has at most."},
    {"resourceVersion", "string", "Which version the answer is of; a watch begins behind it."},
    {"resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."},
    {"sendInitialEvents", "boolean", "A watch begins with what there is, and a bookmark behind it."},
    {"timeoutSeconds", "integer", "When the server ends a watch."}};
constexpr QueryParameter kWatch[] = {{"allowWatchBookmarks", "boolean", "A watch also sends how far it has come."},
                                     {"watch", "boolean", "Send what changes, as it changes, in place of a list."}};

// What a verb is on the wire and in a document.
struct Call {
  std::string_view verb;    // discovery's
  std::string_view method;  // HTTP's, in small letters
  std::string_view action;  // x-kubernetes-action
  std::string_view word;    // the operationId begins with it
  std::string_view sentence;
};

constexpr Call kList{"list", "get", "list", "list", "List or watch objects of kind "};
constexpr Call kCreate{"create", "post", "post", "create", "Create a "};
constexpr Call kDeleteAll{"deletecollection", "delete", "deletecollection", "delete",
                          "Delete all selected objects of "};
constexpr Call kGet{"get", "get", "get", "read", "Read the specified "};
constexpr Call kReplace{"update", "put", "put", "replace", "Replace the specified "};
constexpr Call kPatch{"patch", "patch", "patch", "patch", "Change parts of the specified "};
constexpr Call kRemove{"delete", "delete", "delete", "delete", "Delete the specified "};

std::string capitalized(std::string_view word) {
  std::string text(word);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// "BerthDev" for berth.dev, "Core", "RbacAuthorization" for rbac.authorization.k8s.io.
std::string group_word(std::string_view group) {
  if (group.empty()) return "Core";
  if (group.ends_with(".k8s.io")) group.remove_suffix(7);
  std::string word;
  while (!group.empty()) {
    const std::size_t dot = group.find('.');
    word += capitalized(group.substr(0, dot));
    group.remove_prefix(dot == std::string_view::npos ? group.size() : dot + 1);
  }
  return word;
}

class PathWriter {
 public:
  PathWriter(OpenapiVersion version, const Kind& kind, const TakePart& take)
      : version_(version), kind_(kind), take_(take), base_(kind.group.empty() ? "/api/" : "/apis/" + kind.group + "/") {
    base_ += kind.version;
  }

  void write() {
    const std::string scope = kind_.namespaced ? "/namespaces/{namespace}/" : "/";
    if (kind_.namespaced) collection_everywhere();
    const std::string path = base_ + scope + kind_.plural;
    collection(path);
    object(path + "/{name}");
    if (kind_.has_status) status(path + "/{name}/status");
    for (const Subresource& subresource : kind_.subresources) subresource_at(path + "/{name}", subresource);
  }

 private:
  // What an operation is about, beside the call.
  struct Subject {
    std::string model;       // of the body and the answer
    std::string suffix;      // of the operationId
    JsonObject kind;         // x-kubernetes-group-version-kind
    std::string_view noun;   // for the sentence
    std::string_view scope;  // "Namespaced", or "" for what has no namespace and for all namespaces
  };

  bool serves(const Call& call) const { return std::ranges::find(kind_.verbs, call.verb) != kind_.verbs.end(); }

  Subject subject() const {
    return {openapi_package(kind_) + kind_.kind, kind_.kind, openapi_kind(kind_, kind_.kind), kind_.kind,
            kind_.namespaced ? "Namespaced" : ""};
  }

  void collection_everywhere() {
    if (!serves(kList)) return;
    Subject all = subject();
    all.suffix += "ForAllNamespaces";
    all.scope = "";
    JsonObject item;
    item["get"] = operation(kList, all);
    item["parameters"] = JsonArray{query(kPretty)};
    take_(base_ + "/" + kind_.plural, std::move(item));
  }

  void collection(const std::string& path) {
    JsonObject item;
    for (const Call* call : {&kList, &kCreate, &kDeleteAll}) {
      if (serves(*call)) item[call->method] = operation(*call, subject());
    }
    if (item.empty()) return;
    JsonArray parameters;
    if (kind_.namespaced) parameters.push_back(in_path("namespace"));
    parameters.push_back(query(kPretty));
    item["parameters"] = std::move(parameters);
    take_(path, std::move(item));
  }

  void object(const std::string& path) {
    JsonObject item;
    for (const Call* call : {&kGet, &kReplace, &kPatch, &kRemove}) {
      if (serves(*call)) item[call->method] = operation(*call, subject());
    }
    take_object(path, std::move(item));
  }

  void status(const std::string& path) {
    Subject part = subject();
    part.suffix += "Status";
    JsonObject item;
    for (const Call* call : {&kGet, &kReplace, &kPatch}) item[call->method] = operation(*call, part);
    take_object(path, std::move(item));
  }

  void subresource_at(const std::string& path, const Subresource& subresource) {
    const std::string api_version =
        subresource.group.empty() ? subresource.version : subresource.group + "/" + subresource.version;
    const Kind* body = Catalog::instance().find_kind(api_version, subresource.kind);
    if (!body) return;
    Subject part{openapi_package(*body) + body->kind, kind_.kind + capitalized(subresource.name),
                 openapi_kind(*body, body->kind), body->kind, kind_.namespaced ? "Namespaced" : ""};
    JsonObject item;
    for (const Call* call : {&kGet, &kCreate, &kReplace, &kPatch}) {
      const bool served = std::ranges::find(subresource.verbs, call->verb) != subresource.verbs.end();
      if (served) item[call->method] = operation(*call, part);
    }
    take_object(path + "/" + subresource.name, std::move(item));
  }

  void take_object(const std::string& path, JsonObject item) {
    if (item.empty()) return;
    JsonArray parameters{in_path("name")};
    if (kind_.namespaced) parameters.push_back(in_path("namespace"));
    parameters.push_back(query(kPretty));
    item["parameters"] = std::move(parameters);
    take_(path, std::move(item));
  }

  JsonObject operation(const Call& call, const Subject& subject) const {
    const std::string group = group_word(kind_.group);
    std::string tag = group + "_" + kind_.version;
    tag[0] = static_cast<char>(tag[0] - 'A' + 'a');
    const char* plural = &call == &kDeleteAll ? "Collection" : "";
    std::string id(call.word);
    id.append(group).append(capitalized(kind_.version)).append(plural).append(subject.scope).append(subject.suffix);
    JsonObject made{{"description", std::string(call.sentence) + std::string(subject.noun)},
                    {"operationId", id},
                    {"tags", JsonArray{tag}},
                    {"x-kubernetes-action", call.action},
                    {kKindMark, subject.kind},
                    {"responses", responses(call, subject)}};
    made["parameters"] = parameters(call);
    put_body(made, call, subject);
    if (version_ == OpenapiVersion::V2) {
      made["produces"] = types(produced(call));
      made["schemes"] = JsonArray{"https"};
    }
    return made;
  }

  JsonArray parameters(const Call& call) const {
    JsonArray list;
    const auto add = [&](std::span<const QueryParameter> more) {
      for (const QueryParameter& parameter : more) list.push_back(query(parameter));
    };
    if (&call == &kList) add(kWatch);
    if (&call == &kList || &call == &kDeleteAll) add(kSelect);
    if (&call == &kRemove || &call == &kDeleteAll) add(kDelete);
    if (&call == &kCreate || &call == &kReplace || &call == &kPatch) {
      add(std::array{kDryRun, kFieldManager, kFieldValidation});
    }
    if (&call == &kPatch) list.push_back(query(kForce));
    return list;
  }

  JsonObject query(const QueryParameter& of) const {
    JsonObject parameter{{"name", of.name}, {"in", "query"}, {"description", of.description}};
    put_type(parameter, of.type);
    return parameter;
  }

  JsonObject in_path(std::string_view name) const {
    const std::string what = name == "name" ? "Name of the " + kind_.kind + "." : "The namespace that it lives in.";
    JsonObject parameter{{"name", name}, {"in", "path"}, {"required", true}, {"description", what}};
    put_type(parameter, "string");
    return parameter;
  }

  void put_type(JsonObject& parameter, const char* type) const {
    if (version_ == OpenapiVersion::V2) {
      parameter["type"] = type;
    } else {
      parameter["schema"] = JsonObject{{"type", type}};
    }
  }

  std::vector<std::string_view> taken(const Call& call) const {
    if (&call == &kPatch) {
      std::vector<std::string_view> patches{"application/apply-patch+yaml", "application/json-patch+json",
                                            "application/merge-patch+json"};
      if (kind_.built_in) patches.push_back("application/strategic-merge-patch+json");
      return patches;
    }
    std::vector<std::string_view> bodies{"application/json", "application/yaml"};
    if (kind_.built_in) bodies.push_back("application/vnd.kubernetes.protobuf");
    return bodies;
  }

  static std::vector<std::string_view> produced(const Call& call) {
    std::vector<std::string_view> forms{"application/json", "application/yaml"};
    if (&call == &kList) forms.push_back("application/json;stream=watch");
    return forms;
  }

  static JsonArray types(const std::vector<std::string_view>& names) { return JsonArray(names.begin(), names.end()); }

  JsonObject content(const std::vector<std::string_view>& forms, const JsonObject& model) const {
    JsonObject by_type;
    for (const std::string_view form : forms) by_type[form] = JsonObject{{"schema", model}};
    return by_type;
  }

  // The body that a write takes.
  void put_body(JsonObject& made, const Call& call, const Subject& subject) const {
    if (&call == &kList || &call == &kGet) return;
    const bool deletes = &call == &kRemove || &call == &kDeleteAll;
    std::string model = subject.model;
    if (&call == &kPatch) model = std::string(kMetaPackage) + "Patch";
    if (deletes) model = std::string(kMetaPackage) + "DeleteOptions";
    const JsonObject reference = openapi_reference(version_, model);
    if (version_ == OpenapiVersion::V2) {
      made["consumes"] = types(taken(call));
      JsonObject body{{"name", "body"}, {"in", "body"}, {"schema", reference}};
      if (!deletes) body["required"] = true;
      made["parameters"].as_array().push_back(std::move(body));
      return;
    }
    JsonObject body{{"content", content(taken(call), reference)}};
    if (!deletes) body["required"] = true;
    made["requestBody"] = std::move(body);
  }

  JsonObject responses(const Call& call, const Subject& subject) const {
    std::string model = subject.model;
    if (&call == &kList) model = openapi_package(kind_) + kind_.list_kind;
    if (&call == &kRemove || &call == &kDeleteAll) model = std::string(kMetaPackage) + "Status";
    const JsonObject reference = openapi_reference(version_, model);
    JsonObject all;
    const auto answer = [&](const char* code, const char* description) {
      JsonObject one{{"description", description}};
      if (version_ == OpenapiVersion::V2) one["schema"] = reference;
      if (version_ == OpenapiVersion::V3) one["content"] = content(produced(call), reference);
      all[code] = std::move(one);
    };
    answer("200", "OK");
    if (&call == &kCreate || &call == &kReplace || &call == &kPatch) answer("201", "Created");
    if (&call == &kRemove) answer("202", "Accepted");
    all["401"] = JsonObject{{"description", "Unauthorized"}};
    return all;
  }

  const OpenapiVersion version_;
  const Kind& kind_;
  const TakePart& take_;
  std::string base_;
};

}  // namespace

void add_openapi_paths(OpenapiVersion version, const Kind& kind, const TakePart& take) {
  PathWriter(version, kind, take).write();
}

}  // namespace berth::schemas
