// SPDX-License-Identifier: Apache-2.0
#include "compose/variable_files.hpp"

#include "base/status.hpp"
#include "compose/dotenv.hpp"
#include "compose/loader.hpp"
#include "compose/problems.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {
constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;
}

void VariableFiles::resolve(Json& service, const std::string& path) {
  resolve_variables(service, path);
  resolve_labels(service, path);
  Json* hooks = base::find_path(service, "pre_start");
  if (hooks == nullptr) return;
  for (Json& hook : hooks->get_array()) {
    resolve_variables(hook, path + ".pre_start");
    resolve_labels(hook, path + ".pre_start");
  }
}

void VariableFiles::resolve_variables(Json& service, const std::string& path) {
  JsonObject environment;
  if (const Json* given = base::find_path(service, "environment")) environment = given->get_object();
  Environment own;
  for (auto& member : environment) {
    const auto found = env_.find(std::string_view(member.key()));
    if (member.value().is_null() && found != env_.end()) member.value() = Json(found->second);
    if (member.value().is_string()) own.emplace(member.key(), scalar_text(member.value()));
  }
  const Lookup lookup{[&](std::string_view name) -> std::optional<std::string> {
                        if (const auto found = env_.find(name); found != env_.end()) return found->second;
                        if (const auto found = own.find(name); found != own.end()) return found->second;
                        return std::nullopt;
                      },
                      {}};
  Environment variables = own;
  if (const Json* files = base::find_path(service, "env_file")) {
    for (const Json& file : files->get_array()) {
      const std::string name(base::string_at(file, "path"));
      if (!base::bool_at(file, "required", true) && find_file(sources_, name) == nullptr) continue;
      if (find_file(sources_, name) == nullptr) refuse(path + ".env_file", "file " + name + " is not there");
      read(name, base::string_at(file, "format"), lookup, variables);
    }
  }
  JsonObject resolved;
  for (const auto& [name, value] : variables) resolved[name] = Json(value);
  for (const auto& member : environment) resolved[member.key()] = member.value();
  if (!resolved.empty()) service.get_object()["environment"] = std::move(resolved);
}

void VariableFiles::resolve_labels(Json& service, const std::string& path) {
  const Json* files = base::find_path(service, "label_file");
  if (files == nullptr) return;
  Environment labels;
  for (const Json& file : files->get_array()) {
    const std::string name = scalar_text(file);
    if (find_file(sources_, name) == nullptr) refuse(path + ".label_file", "file " + name + " is not there");
    Environment found;
    read(name, "", lookup_in(labels), found);
    for (const auto& [key, value] : found) labels[key] = value;
  }
  if (const Json* own = base::find_path(service, "labels")) {
    for (const auto& member : own->get_object()) labels[member.key()] = scalar_text(member.value());
  }
  JsonObject resolved;
  for (const auto& [name, value] : labels) resolved[name] = Json(value);
  if (!resolved.empty()) service.get_object()["labels"] = std::move(resolved);
}

void VariableFiles::read(const std::string& file, std::string_view format, const Lookup& lookup, Environment& into) {
  try {
    const std::string& text = *find_file(sources_, file);
    bytes_ += text.size();
    if (bytes_ > kMaxBytes)
      throw base::bad_request("files of variables are more than 16 MiB, each time that one is read");
    if (format == "raw") {
      read_raw_env_file(text, lookup, into);
    } else if (format.empty() || format == ".env") {
      read_env_file(text, lookup, into);
    } else {
      throw base::bad_request("format must be raw or left out, found \"" + std::string(format) + "\"");
    }
  } catch (const base::Status& status) {
    throw status.with_prefix(file);
  }
}

}  // namespace berth::compose
