// SPDX-License-Identifier: Apache-2.0
#include "resources/stack_rules.hpp"

#include "compose/model.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/stack_sources.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kMostWarnings = 50;

bool is_stack(const Kind& kind) { return kind.group == "berth.dev" && kind.kind == "ComposeStack"; }

const Kind& kind_named(std::string_view name) { return schemas::Catalog::instance().by_name(name); }

const Json& spec_of(const Json& object) {
  static const Json kNone;
  const Json* spec = base::find_path(object, "spec");
  return spec == nullptr ? kNone : *spec;
}

// As the files have it.
std::string name_in(const Json& stack) {
  try {
    return compose::declared_project(stack_sources(stack, {}));
  } catch (const base::Status&) {
    return "";
  }
}

// A Secret's value is not needed to see whether the file is right, a ConfigMap's is. Nothing when one is not there yet:
// then the reconciler reads the file once it is.
std::optional<StackVariables> variables_of(const ObjectReader& reader, const Json& stack) {
  StackVariables variables;
  const std::string_view ns = base::string_at(stack, "metadata.namespace");
  const Json* env = base::find_path(stack, "spec.env");
  if (env == nullptr) return variables;
  for (const Json& variable : env->as_array()) {
    const std::string name(base::string_at(variable, "name"));
    if (base::find_path(variable, "valueFrom.secretKeyRef") != nullptr) variables.secret[name] = "";
    const Json* from = base::find_path(variable, "valueFrom.configMapKeyRef");
    if (from == nullptr) continue;
    const auto found = reader.find(kind_named("ConfigMap"), ns, base::string_at(*from, "name"));
    const Json config = found ? found->parse() : Json();
    const Json* data = base::find_path(config, "data");
    const Json* value = data == nullptr ? nullptr : data->as_object().if_contains(base::string_at(*from, "key"));
    if (value == nullptr && base::bool_at(*from, "optional")) continue;
    if (value == nullptr) return std::nullopt;
    variables.plain[name] = value->as_string();
  }
  return variables;
}

// An operator stops and suspends a stack whatever has become of what its file refers to.
Json read_with(const Json& object) {
  Json spec = spec_of(object);
  if (!spec.is_object()) return spec;
  for (const char* member : {"desiredState", "suspend"}) spec.get_object().erase(member);
  return spec;
}

}  // namespace

void StackRules::begin(const Kind& kind, Json& object) {
  if (!is_stack(kind)) return;
  Json* spec = base::find_path(object, "spec");
  if (spec == nullptr || !spec->is_object() || spec->get_object().contains("project")) return;
  try {
    spec->get_object()["project"] = project_of(object);
  } catch (const base::Status&) {
    return;  // check() says why
  }
}

void StackRules::carry_over(const Kind& kind, const Json& before, Json& object) {
  if (!is_stack(kind)) return;
  const Json* project = base::find_path(before, "spec.project");
  Json* spec = base::find_path(object, "spec");
  if (project == nullptr || spec == nullptr || !spec->is_object()) return;
  if (!spec->get_object().contains("project")) spec->get_object()["project"] = *project;
}

void StackRules::check(const Kind& kind, const Json& object, const Json* before, std::vector<base::Cause>& causes,
                       std::vector<std::string>& warnings) const {
  if (!is_stack(kind) || (before != nullptr && base::json_equal(read_with(object), read_with(*before)))) return;
  std::optional<StackVariables> variables = variables_of(reader_, object);
  if (!variables) return;
  const compose::Expansion made = expand_stack(object, *std::move(variables), compose::MissingPath::Made);
  for (base::Cause& cause : causes_in(object, made.errors)) causes.push_back(std::move(cause));
  for (const compose::Problem& warning : made.warnings) {
    if (warnings.size() == kMostWarnings) break;
    // Who gives a project beside the file's name knows; a file that takes another name later is worth a word.
    if (warning.path == "name" && (before == nullptr || name_in(*before) == name_in(object))) continue;
    warnings.push_back("spec.compose: " + to_text(warning));
  }
}

void StackRules::check_removal(const Caller& caller, const Target& target, const Json& object) const {
  const Json* owners = base::find_path(object, "metadata.ownerReferences");
  if (caller.is_controller() || owners == nullptr || is_deleting(object)) return;
  for (const Json& owner : owners->as_array()) {
    const Kind& kind = kind_named("ComposeStack");
    if (!base::bool_at(owner, "controller") || base::string_at(owner, "kind") != kind.kind ||
        base::string_at(owner, "apiVersion") != kind.api_version()) {
      continue;
    }
    const std::string name(base::string_at(owner, "name"));
    const auto stack = reader_.find(kind, target.ns, name);
    if (!stack) continue;
    const Json value = stack->parse();
    const bool same = base::string_at(value, "metadata.uid") == base::string_at(owner, "uid");
    if (!same || is_deleting(value)) continue;
    throw base::conflict(
        target.kind->resource(), target.name,
        "it belongs to ComposeStack \"" + name + "\": take it out of the stack's file, or delete " + "the stack");
  }
}

}  // namespace berth::resources
