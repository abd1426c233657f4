// SPDX-License-Identifier: Apache-2.0
#include "compose/loader.hpp"

#include <algorithm>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "compose/check.hpp"
#include "compose/interpolate.hpp"
#include "compose/long_form.hpp"
#include "compose/merge.hpp"
#include "compose/resolve.hpp"
#include "compose/tags.hpp"

namespace berth::compose {

namespace {

// include and extends can call for the same files again and again.
constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;
constexpr std::size_t kMaxFiles = 500;
constexpr std::size_t kMaxDocuments = 20;
constexpr std::size_t kMaxServices = 1'000;

const base::YamlDialect& dialect() {
  static const base::YamlDialect made{.tags = {"!reset", "!override"}, .keys_are_strings = true};
  return made;
}

// Name servers left empty, as ${DNS} may be, are none.
void drop_empty_servers(Json& model) {
  Json* services = base::find_path(model, "services");
  if (services == nullptr || !services->is_object()) return;
  for (auto& service : services->get_object()) {
    Json* dns = service.value().is_object() ? service.value().get_object().if_contains("dns") : nullptr;
    if (dns == nullptr || !dns->is_array()) continue;
    JsonArray kept;
    for (const Json& server : dns->get_array()) {
      if (!server.is_null() && server != Json("")) kept.push_back(server);
    }
    *dns = std::move(kept);
  }
}

// A bare NAME in a list takes the variable's value; configs and secrets keep theirs aside.
void fill_from(const Environment& env, Json& model) {
  for (const char* section : {"services", "jobs"}) {
    Json* containers = base::find_path(model, section);
    if (containers == nullptr || !containers->is_object()) continue;
    for (auto& container : containers->get_object()) {
      Json* environment = base::find_path(container.value(), "environment");
      if (environment == nullptr || !environment->is_array()) continue;
      for (Json& entry : environment->get_array()) {
        const auto found = entry.is_string() ? env.find(std::string_view(entry.get_string())) : env.end();
        if (found != env.end()) entry = Json(found->first + "=" + found->second);
      }
    }
  }
  for (const char* section : {"configs", "secrets"}) {
    Json* resources = base::find_path(model, section);
    if (resources == nullptr || !resources->is_object()) continue;
    for (auto& resource : resources->get_object()) {
      const auto found = env.find(base::string_at(resource.value(), "environment"));
      if (found != env.end()) resource.value().get_object()[kContentOfVariable] = Json(found->second);
    }
  }
}

// The same, with the file in front of each cause.
base::Status in_file(const std::string& file, const base::Status& status) {
  base::Details details = status.details();
  for (base::Cause& cause : details.causes) {
    cause.message = file + ": " + (cause.field.empty() ? "" : cause.field + ": ") + cause.message;
    cause.field.clear();
  }
  return {status.reason(), file + ": " + status.message(), std::move(details)};
}

}  // namespace

Lookup lookup_in(const Environment& env) {
  return {[&env](std::string_view name) -> std::optional<std::string> {
            const auto found = env.find(name);
            if (found == env.end()) return std::nullopt;
            return found->second;
          },
          {}};
}

Json Loader::load(const Environment& env) {
  return load_group(sources_.compose_files, {sources_.working_dir, sources_.working_dir, &env, {}, ++groups_});
}

const std::string& Loader::require_file(const std::string& file, const std::string& path) const {
  const std::string* text = find_file(sources_, file);
  if (text == nullptr) refuse(path, "file " + file + " is not there");
  return *text;
}

Json Loader::load_group(const std::vector<std::string>& files, const Place& place) {
  Json model = JsonObject{};
  for (const std::string& file : files) {
    add_file(model, is_absolute(file) ? clean_path(file) : join_path(place.directory, file), place);
  }
  complete(compose_file(), model);
  throw_if_any(check_rules(model));
  resolve_paths(compose_file(), model, {place.folder, sources_.home}, "");
  fill_from(*place.env, model);
  return model;
}

std::vector<Json> Loader::parse(const std::string& file, const Environment& env) {
  const std::string& text = require_file(file, "");
  loaded_bytes_ += text.size();
  if (loaded_bytes_ > kMaxBytes) throw base::bad_request("with include and extends the files are more than 16 MiB");
  if (++loaded_files_ > kMaxFiles) throw base::bad_request("include and extends load more than 500 files");
  std::vector<Json> documents;
  std::vector<base::YamlDocument> parsed;
  try {
    parsed = base::parse_yaml(text, {.max_documents = kMaxDocuments}, dialect());
  } catch (const base::Status& status) {
    throw status.with_prefix(file);
  }
  for (base::YamlDocument& document : parsed) {
    if (!document.duplicate_fields.empty()) {
      throw base::bad_request(file + ": " + document.duplicate_fields.front() + " is set twice");
    }
    if (!document.value.is_object()) throw base::bad_request(file + ": the file must be a map");
    try {
      interpolate(compose_file(), document.value, lookup_in(env), warnings_);
    } catch (const base::Status& status) {
      if (is_first(file)) throw;
      throw in_file(file, status);
    }
    documents.push_back(std::move(document.value));
  }
  return documents;
}

void Loader::add_file(Json& model, const std::string& file, Place place) {
  for (Json& document : parse(file, *place.env)) add_document(model, std::move(document), file, place);
}

void Loader::add_document(Json& model, Json document, const std::string& file, Place& place) {
  place.including.push_back(file);
  follow_includes(document, place);
  erase_tagged(model, document);
  follow_extends(document, file, place);
  try {
    merge_over(model, document);
  } catch (const base::Status& status) {
    if (is_first(file)) throw;
    throw in_file(file, status);
  }
}

bool Loader::is_first(const std::string& file) const {
  if (sources_.compose_files.empty()) return true;
  const std::string& first = sources_.compose_files.front();
  return file == (is_absolute(first) ? clean_path(first) : join_path(sources_.working_dir, first));
}

void Loader::merge_over(Json& model, Json& document) {
  model = merge(compose_file(), std::move(model), without_tags(document), "");
  unify(compose_file(), model, "");
  throw_if_any(check(compose_file(), model));
  const Json* services = base::find_path(model, "services");
  if (services != nullptr && services->get_object().size() > kMaxServices)
    refuse("services", "more than 1000 services");
  if (model.get_object().erase("version") != 0) {
    warnings_.push_back({"version", "the attribute is obsolete, and ignored"});
  }
  lengthen(compose_file(), model, "");
  drop_empty_servers(model);
  unify(compose_file(), model, "");
}

}  // namespace berth::compose
