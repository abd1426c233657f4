// SPDX-License-Identifier: Apache-2.0
// tests/golden/container/: what is declared (`spec`: metadata, spec and status, as far as they matter), what the
// engine holds (`observed`), and the plan. tests/golden/spec_hash/ and tests/golden/container_body/ likewise for the
// hash and the body of a create; their `inputs` are what Secrets and ConfigMaps give.

#include "reconcilers/golden_case.hpp"
#include "reconcilers/plan/container_body.hpp"
#include "reconcilers/plan/container_plan.hpp"
#include "reconcilers/plan/spec_hash.hpp"
#include "schemas/admit.hpp"
#include "schemas/quantity.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonObject;
using base::string_at;
using testing::GoldenCase;

constexpr const char* kHash = "h1:1a2b3c4d5e6f";

schemas::Container container_of(const GoldenCase& given) {
  Json object = given.yaml("spec");
  JsonObject& root = object.as_object();
  root["apiVersion"] = "berth.dev/v1";
  root["kind"] = "Container";
  JsonObject& meta = base::make_path(object, "metadata");
  for (const auto& [key, value] :
       {std::pair("name", "web"), std::pair("namespace", "default"), std::pair("uid", "u-1")}) {
    if (!meta.contains(key)) meta[key] = value;
  }
  schemas::apply_defaults(schemas::Catalog::instance().by_name("Container"), object);
  return schemas::decode_container(object);
}

// "5s" after the beginning of the case.
base::WallTime time_of(std::string_view offset) {
  const auto since = schemas::parse_duration(offset).value_or(std::chrono::nanoseconds(0));
  return *base::parse_time("2026-01-01T00:00:00Z") + std::chrono::duration_cast<std::chrono::microseconds>(since);
}

void merge(Json& into, const Json& from) {
  if (!from.is_object()) {
    into = from;
    return;
  }
  if (!into.is_object()) into.emplace_object();
  for (const auto& [key, value] : from.get_object()) merge(into.as_object()[key], value);
}

Observed observed_of(const Json& from, const schemas::ContainerSpec& spec, base::WallTime now) {
  Observed seen;
  seen.name = string_at(from, "name");
  seen.id = seen.name + "-id";
  seen.state = string_at(from, "state");
  seen.health = string_at(from, "health");
  seen.spec_hash = string_at(from, "hash") == "same" ? kHash : string_at(from, "hash");
  seen.image = string_at(from, "image").empty() ? "i1" : string_at(from, "image");
  if (const auto started = string_at(from, "started"); !started.empty()) {
    seen.started_at = time_of(started);
    seen.start_stamp = started;
    seen.age = std::chrono::duration_cast<std::chrono::milliseconds>(now - *seen.started_at);
  }
  seen.keeps_swap_limits = base::bool_at(from, "keepsSwapLimits", true);
  if (const auto finished = string_at(from, "finished"); !finished.empty()) seen.finished_at = time_of(finished);
  seen.exit_code = base::int_at(from, "exitCode");
  seen.out_of_memory = base::bool_at(from, "outOfMemory");
  seen.restart_count = base::int_at(from, "restartCount");
  if (const Json* volumes = base::find_path(from, "volumes")) {
    for (const Json& one : volumes->as_array()) {
      seen.volumes.push_back({std::string(string_at(one, "name")), std::string(string_at(one, "target"))});
    }
  }
  // Unless told, what can be compared is as declared.
  Json endpoints = JsonObject{};
  for (const auto& network : spec.networks) endpoints.as_object()[*network.name] = endpoint_settings(network);
  if (spec.networks.empty()) endpoints.as_object()["bridge"] = JsonObject{};
  JsonObject host = resource_limits(spec);
  host["RestartPolicy"] = restart_policy(spec);
  Json inspect = JsonObject{{"HostConfig", host}, {"NetworkSettings", JsonObject{{"Networks", endpoints}}}};
  if (const Json* told = base::find_path(from, "host")) merge(inspect.at("HostConfig"), *told);
  if (const Json* told = base::find_path(from, "networks"))
    inspect.at("NetworkSettings").as_object()["Networks"] = *told;
  seen.inspect = std::make_shared<const Json>(std::move(inspect));
  return seen;
}

std::vector<std::string> texts(const Json& from, std::string_view path) {
  std::vector<std::string> all;
  if (const Json* list = base::find_path(from, path)) {
    for (const Json& one : list->as_array()) all.emplace_back(one.as_string());
  }
  return all;
}

std::vector<Dependency> dependencies_of(const Json& world) {
  std::vector<Dependency> all;
  const Json* list = base::find_path(world, "dependencies");
  if (!list) return all;
  for (const Json& told : list->as_array()) {
    Dependency& one = all.emplace_back();
    one.name = string_at(told, "name");
    one.field = "spec.dependsOn[" + std::to_string(all.size() - 1) + "].containerRef";
    one.wanted = string_at(told, "wanted").empty() ? "started" : string_at(told, "wanted");
    one.absent = base::bool_at(told, "absent");
    one.hopeless = base::bool_at(told, "hopeless");
    one.why = string_at(told, "why");
    one.met = one.why.empty();
    one.restarts = base::bool_at(told, "restarts");
    one.changed = base::bool_at(told, "changed");
    if (const auto started = string_at(told, "started"); !started.empty()) one.started_at = time_of(started);
  }
  return all;
}

std::vector<SharedNamespace> shared_of(const Json& world) {
  std::vector<SharedNamespace> all;
  const Json* list = base::find_path(world, "shared");
  if (!list) return all;
  for (const Json& told : list->as_array()) {
    SharedNamespace& one = all.emplace_back();
    one.mode = string_at(told, "mode");
    one.holder = string_at(told, "holder");
    one.name = string_at(told, "name");
    if (const auto started = string_at(told, "started"); !started.empty()) one.started_at = time_of(started);
  }
  return all;
}

std::string run_plan(const GoldenCase& given) {
  const schemas::Container container = container_of(given);
  const Json world = given.yaml("observed");
  PlanInput input;
  input.container = &container;
  input.engine_name = string_at(world, "engineName").empty() ? "web" : string_at(world, "engineName");
  input.missing = texts(world, "missing");
  input.coming = texts(world, "coming");
  input.spec_hash = input.missing.empty() ? kHash : "";
  input.dependencies = dependencies_of(world);
  input.circle = string_at(world, "circle");
  input.shared = shared_of(world);
  input.has_files = !container.spec.files.empty();
  if (const Json* owned = base::find_path(world, "containers")) {
    const base::WallTime now = time_of(string_at(world, "now"));
    for (const Json& one : owned->as_array()) input.owned.push_back(observed_of(one, container.spec, now));
  }
  std::ranges::sort(input.owned, {}, &Observed::name);
  input.now = time_of(string_at(world, "now"));
  input.name_holder = string_at(world, "nameHolder");
  input.next_holder = string_at(world, "nextHolder");
  input.image.pinned = string_at(world, "image.pinned");
  input.image.here = string_at(world, "image.here");
  input.image.pinned_here = base::bool_at(world, "image.pinnedHere", !input.image.pinned.empty());
  for (const std::string& network : texts(world, "networks")) input.networks.emplace(network, network + "-id");
  input.networks.emplace("bridge", "bridge-id");
  input.memory.pulled = base::bool_at(world, "pass.pulled");
  input.memory.restarted = base::bool_at(world, "pass.restarted");
  input.memory.files_put = string_at(world, "pass.filesPut");
  const bool deleting = container.metadata.deletion_timestamp.has_value();
  return to_text(deleting ? plan_deletion(input) : plan_container(input));
}

TEST(ContainerGolden, Plans) { testing::run_golden("container", run_plan); }

Origin origin_of(const Json& from) {
  const std::string_view text = string_at(from, "from");
  return text == "Secret" ? Origin::Secret : text == "ConfigMap" ? Origin::ConfigMap : Origin::Literal;
}

ContainerInputs inputs_of(const GoldenCase& given, const schemas::ContainerSpec& spec) {
  ContainerInputs inputs;
  const Json told = given.yaml("inputs");
  const auto value = [](const Json& from) { return resources::SecretValue(std::string(string_at(from, "value"))); };
  for (const auto& variable : spec.env) {
    if (variable.value) inputs.env.push_back({variable.name, resources::SecretValue(*variable.value), Origin::Literal});
  }
  for (const auto& file : spec.files) {
    if (file.content) {
      inputs.files.push_back(
          {file.path, std::stoi(file.mode, nullptr, 8), resources::SecretValue(*file.content), Origin::Literal});
    }
  }
  if (const Json* env = base::find_path(told, "env")) {
    for (const Json& one : env->as_array()) {
      inputs.env.push_back({std::string(string_at(one, "name")), value(one), origin_of(one)});
    }
  }
  if (const Json* files = base::find_path(told, "files")) {
    for (const Json& one : files->as_array()) {
      inputs.files.push_back({std::string(string_at(one, "path")), 0644, value(one), origin_of(one)});
    }
  }
  std::ranges::sort(inputs.env, {}, &EnvEntry::name);
  return inputs;
}

// A fixed key: what is frozen is the function.
base::Key32 golden_key() { return base::Key32::from_bytes(std::string(32, 'k')); }

std::string run_hash(const GoldenCase& given) {
  const schemas::Container container = container_of(given);
  const ContainerInputs inputs = inputs_of(given, container.spec);
  return spec_hash(container.spec, inputs, golden_key()) + "\n" +
         base::to_canonical(canonical_h1(container.spec, inputs, golden_key())) + "\n";
}

TEST(ContainerGolden, SpecHashes) { testing::run_golden("spec_hash", run_hash); }

std::string run_body(const GoldenCase& given) {
  const schemas::Container container = container_of(given);
  BodyOptions options;
  options.image = container.spec.image;
  options.labels = owner_labels("i-1", container.metadata, kHash);
  options.api = {1, given.section("api").empty() ? 41 : std::stoi(given.section("api"))};
  const Json body = create_body(container.spec, inputs_of(given, container.spec), options);
  return base::to_yaml(base::parse_json(base::to_canonical(body)));
}

TEST(ContainerGolden, CreateBodies) { testing::run_golden("container_body", run_body); }

}  // namespace
}  // namespace berth::reconcilers
