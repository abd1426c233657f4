// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_inputs.hpp"

#include <charconv>

#include "reconcilers/stack/stack_children.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;

constexpr int kMakesPaths = 42;  // API 1.42 has CreateMountpoint

const schemas::Kind& kind_named(std::string_view name) { return schemas::Catalog::instance().by_name(name); }

class Reader {
 public:
  Reader(const resources::Resources& resources, const resources::Caller& caller, const std::string& ns,
         GivenObjects given)
      : resources_(resources), caller_(caller), ns_(ns), given_(given) {}

  void read(const schemas::EnvVar& variable, const std::string& field) {
    const bool secret = variable.value_from->secret_key_ref.has_value();
    const schemas::KeyRef& ref =
        secret ? *variable.value_from->secret_key_ref : *variable.value_from->config_map_key_ref;
    note_version(secret ? "Secret" : "ConfigMap", ref.name);
    try {
      if (secret) {
        const Json* given = find_given(given_, "Secret", ref.name);
        const resources::SecretValue value =
            given ? given_secret(*given, ref.key) : resources_.open_secret(caller_, ns_, ref.name, ref.key);
        into_.variables.secret[variable.name] = value.reveal_for_engine();
      } else {
        into_.variables.plain[variable.name] = config(ref);
      }
    } catch (const base::Status& status) {
      if (status.reason() != base::Reason::NotFound) throw;
      if (!ref.optional.value_or(false)) into_.missing.push_back(field + ": " + status.message());
    }
  }

  StackInputs take() { return std::move(into_); }

 private:
  std::string config(const schemas::KeyRef& ref) const {
    const Json* given = find_given(given_, "ConfigMap", ref.name);
    const Json object = given ? *given : resources_.get(kind_named("ConfigMap"), ns_, ref.name).parse();
    const Json* data = base::find_path(object, "data");
    const Json* value = data == nullptr ? nullptr : data->as_object().if_contains(ref.key);
    if (value != nullptr) return std::string(value->as_string());
    throw base::Status(base::Reason::NotFound, "ConfigMap \"" + ref.name + "\" has no key \"" + ref.key + "\"");
  }

  void note_version(const char* kind, const std::string& name) {
    const auto object = resources_.find(kind_named(kind), ns_, name);
    into_.versions += std::string(kind) + "/" + name + "@" + std::to_string(object ? object->revision : 0) + " ";
  }

  const resources::Resources& resources_;
  const resources::Caller& caller_;
  const std::string& ns_;
  GivenObjects given_;
  StackInputs into_;
};

}  // namespace

StackInputs read_stack_inputs(const resources::Resources& resources, const resources::Caller& caller,
                              const schemas::ComposeStack& stack, GivenObjects given) {
  Reader reader(resources, caller, stack.metadata.ns, given);
  for (std::size_t i = 0; i < stack.spec.env.size(); ++i) {
    const schemas::EnvVar& variable = stack.spec.env[i];
    if (variable.value_from) reader.read(variable, "spec.env[" + std::to_string(i) + "]");
  }
  return reader.take();
}

std::optional<compose::MissingPath> missing_path_on(const resources::Resources& resources, const std::string& host) {
  const auto object = resources.find(kind_named("Host"), "", host);
  if (!object) return std::nullopt;
  const Json value = object->parse();
  const std::string_view api = base::string_at(value, "status.engine.apiVersion");  // "1.41"
  if (!api.starts_with("1.")) return std::nullopt;
  int minor = 0;
  std::from_chars(api.data() + 2, api.data() + api.size(), minor);
  return minor < kMakesPaths ? compose::MissingPath::Refused : compose::MissingPath::Made;
}

std::vector<Json> owned_objects(const resources::Resources& resources, const schemas::ComposeStack& stack,
                                const std::function<bool(const resources::Place&)>& is_known) {
  std::vector<Json> objects;
  for (const resources::Place& place : resources.dependents(stack.metadata.uid)) {
    if (is_known(place)) continue;
    const auto object = resources.find(*place.kind, place.ns, place.name);
    if (!object) continue;
    Json value = object->parse();
    if (standing_of(stack, value) == Standing::Ours) objects.push_back(std::move(value));
  }
  return objects;
}

}  // namespace berth::reconcilers
