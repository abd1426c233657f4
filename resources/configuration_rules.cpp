// SPDX-License-Identifier: Apache-2.0
#include "resources/configuration_rules.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "resources/body_rules.hpp"
#include "resources/object/object_meta.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kMostFieldBytes = 1024;
constexpr std::size_t kMostUnknown = 100;
constexpr std::size_t kMostMessageBytes = 16 * 1024;

// "berth.dev/v1, Kind=Container", as Go prints it.
std::string type_of(const Json& object) {
  std::string version(base::string_at(object, "apiVersion"));
  if (std::ranges::count(version, '/') > 1) return "/, Kind=";
  if (version.find('/') == std::string::npos) version.insert(0, "/");
  return version.append(", Kind=").append(base::string_at(object, "kind"));
}

void check_identity(const Kind& kind, const Json& configuration) {
  if (!configuration.is_object()) throw base::bad_request("error decoding YAML: the configuration must be an object");
  if (base::string_at(configuration, "apiVersion") != kind.api_version() ||
      base::string_at(configuration, "kind") != kind.kind) {
    throw base::bad_request("invalid object type: " + type_of(configuration));
  }
  const Json* managed = base::find_path(configuration, "metadata.managedFields");
  if (managed != nullptr && !managed->is_null()) throw base::bad_request("metadata.managedFields must be nil");
}

void check_known(const Target& target, Json& configuration) {
  const std::vector<std::string> unknown = schemas::prune(*target.kind, configuration);
  if (unknown.empty()) return;
  std::string message =
      "failed to create typed patch object (" + target.ns + "/" + target.name + "; " + type_of(configuration) + "): ";
  // One alone stands in the line, several have a line each, as upstream has it.
  const bool several = unknown.size() > 1;
  if (several) message.append("errors:");
  std::size_t told = 0;
  for (const std::string& field : unknown) {
    if (told == kMostUnknown || message.size() > kMostMessageBytes) break;
    message.append(several ? "\n  ." : ".")
        .append(base::truncated(field, kMostFieldBytes))
        .append(": field not declared in schema");
    ++told;
  }
  if (told < unknown.size()) message.append("\n  and ").append(std::to_string(unknown.size() - told)).append(" more");
  throw base::bad_request(std::move(message));
}

// metadata is read as upstream reads it into its own type: null is absent, and the empty value in a map.
void drop_metadata_nulls(Json& configuration) {
  base::JsonObject& metadata = configuration.as_object()["metadata"].as_object();
  std::vector<std::string> nulls;
  for (const auto& member : metadata) {
    if (member.value().is_null()) nulls.emplace_back(member.key());
  }
  for (const std::string& name : nulls) metadata.erase(name);
}

void check_values(const Target& target, const Json& configuration) {
  const Kind& kind = *target.kind;
  Json checked = configuration;
  normalise_metadata(checked);
  drop_metadata_nulls(checked);
  if (kind.built_in) schemas::apply_defaults(kind, checked);  // null is the empty value there
  std::vector<base::Cause> causes = schemas::validate(kind, checked);
  // What is missing may be in the object that it is merged into.
  std::erase_if(causes, [](const base::Cause& cause) {
    return cause.reason != "FieldValueTypeInvalid" && cause.reason != "FieldValueDuplicate";
  });
  if (!causes.empty()) throw schemas::invalid(kind, target.name, std::move(causes));
}

std::vector<std::string> duplicate_warnings(const Body& configuration, FieldValidation validation) {
  if (configuration.duplicate_fields.empty() || validation == FieldValidation::Ignore) return {};
  constexpr std::size_t kMostProblems = 100;
  std::vector<std::string> problems;
  for (const std::string& field : configuration.duplicate_fields) {
    if (problems.size() == kMostProblems) break;
    std::string& problem = problems.emplace_back("duplicate field ");
    base::append_quoted(problem, base::truncated(field, kMostFieldBytes));
  }
  if (validation == FieldValidation::Strict) {
    throw base::bad_request("error strict decoding YAML: " + problems.front());
  }
  return problems;
}

}  // namespace

std::vector<std::string> check_configuration(const Target& target, Body& configuration, FieldValidation validation) {
  Json& value = configuration.value;
  check_identity(*target.kind, value);
  check_type(*target.kind, value);
  check_known(target, value);
  check_values(target, value);
  return duplicate_warnings(configuration, validation);
}

}  // namespace berth::resources
