// SPDX-License-Identifier: Apache-2.0
// tests/golden/network/ and tests/golden/volume/: what is declared (`spec`: metadata, spec and status, as far as they
// matter), what the engine holds (`observed`: whose it is, as it is listed, and who uses it), and the plan. The spec
// hash is in the labels of what is created.
#include "reconcilers/golden_case.hpp"
#include "reconcilers/object/network_plan.hpp"
#include "reconcilers/object/volume_plan.hpp"
#include "reconcilers/pass/names.hpp"
#include "schemas/admit.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonObject;
using base::string_at;
using testing::GoldenCase;

Json object_of(const GoldenCase& given, const char* kind) {
  Json object = given.yaml("spec");
  JsonObject& root = object.as_object();
  root["apiVersion"] = "berth.dev/v1";
  root["kind"] = kind;
  JsonObject& meta = base::make_path(object, "metadata");
  for (const auto& [key, value] :
       {std::pair("name", "front"), std::pair("namespace", "shop"), std::pair("uid", "u-1")}) {
    if (!meta.contains(key)) meta[key] = value;
  }
  schemas::apply_defaults(schemas::Catalog::instance().by_name(kind), object);
  return object;
}

Holder holder_of(const Json& world) {
  const std::string_view word = string_at(world, "holder");
  const std::string owner(string_at(world, "owner"));
  if (word == "ours") return {Holder::State::Ours, owner};
  if (word == "foreign") return {Holder::State::Foreign, owner};
  if (word == "another") return {Holder::State::Another, owner};
  return {};
}

std::vector<std::string> users_of(const Json& world) {
  std::vector<std::string> users;
  if (const Json* list = base::find_path(world, "users")) {
    for (const Json& one : list->as_array()) users.emplace_back(one.as_string());
  }
  return users;
}

// `hash: same` is the label of a thing that was made as it is declared now.
void label(Json& world, const std::string& hash) {
  Json* seen = base::find_path(world, "seen");
  if (!seen) return;
  JsonObject& labels = base::make_path(*seen, "Labels");
  const std::string_view told = string_at(world, "hash");
  if (!told.empty()) labels[kSpecHashLabel] = told == "same" ? std::string_view(hash) : told;
}

template <class Input, class Object>
std::string plan_of(Input input, const Object& object, Json& world, ObjectPlan (*plan)(const Input&),
                    ObjectPlan (*plan_deletion)(const Input&)) {
  input.instance = "i-1";
  input.holder = holder_of(world);
  input.seen = base::find_path(world, "seen");
  input.users = users_of(world);
  return to_text(object.metadata.deletion_timestamp ? plan_deletion(input) : plan(input));
}

std::string run_network(const GoldenCase& given) {
  const schemas::Network network = schemas::decode_network(object_of(given, "Network"));
  Json world = given.yaml("observed");
  label(world, network_hash(network.spec));
  NetworkInput input;
  input.network = &network;
  return plan_of(input, network, world, plan_network, plan_network_deletion);
}

std::string run_volume(const GoldenCase& given) {
  const schemas::Volume volume = schemas::decode_volume(object_of(given, "Volume"));
  Json world = given.yaml("observed");
  label(world, volume_hash(volume.spec));
  VolumeInput input;
  input.volume = &volume;
  return plan_of(input, volume, world, plan_volume, plan_volume_deletion);
}

TEST(ObjectGolden, NetworkPlans) { testing::run_golden("network", run_network); }
TEST(ObjectGolden, VolumePlans) { testing::run_golden("volume", run_volume); }

}  // namespace
}  // namespace berth::reconcilers
