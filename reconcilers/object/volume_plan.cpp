// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/volume_plan.hpp"

#include <set>

#include "base/crypto.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonObject;
using schemas::VolumeSpec;

JsonObject map_of(const std::map<std::string, std::string>& values) {
  JsonObject map;
  for (const auto& [key, value] : values) map[key] = value;
  return map;
}

// POST /volumes/create.
Json create_body(const VolumeInput& input) {
  const VolumeSpec& spec = input.volume->spec;
  JsonObject body{{"Name", engine_name(*input.volume)}, {"Driver", spec.driver}};
  if (!spec.driver_opts.empty()) body["DriverOpts"] = map_of(spec.driver_opts);
  JsonObject& labels = body["Labels"].emplace_object();
  for (const auto& [key, value] : spec.labels) labels[key] = value;
  for (const auto& [key, value] : owner_labels(input.instance, input.volume->metadata, volume_hash(spec), "Volume")) {
    labels[key] = value;
  }
  return body;
}

void put_facts(ObjectPlan& plan, const VolumeInput& input) {
  if (input.holder.state == Holder::State::Absent || input.holder.state == Holder::State::Another) return;
  plan.facts = JsonObject{{"volumeName", engine_name(*input.volume)}};
  if (input.holder.state == Holder::State::Foreign) plan.facts["external"] = true;
  if (const auto mountpoint = base::string_at(*input.seen, "Mountpoint"); !mountpoint.empty()) {
    plan.facts["mountpoint"] = mountpoint;
  }
}

ObjectPlan begin_plan(const VolumeInput& input) {
  ObjectPlan plan;
  plan.target = engine_name(*input.volume);
  plan.id = plan.target;
  put_facts(plan, input);
  return plan;
}

void make(ObjectPlan& plan, const VolumeInput& input) {
  const bool was_there = input.volume->status.volume_name.has_value();
  if (was_there && input.volume->spec.deletion_policy != "Delete") {
    plan.facts["volumeName"] = plan.target;
    plan.stall("VolumeLost", "volume \"" + plan.target + "\" is gone from host " + input.volume->spec.host +
                                 ", and an empty one shall not take its place unasked; to begin with an empty one, "
                                 "delete this object and create it again");
    return;
  }
  plan.step = ObjectPlan::Step::Create;
  plan.body = create_body(input);
  plan.say(Truth::False, "Creating", "the volume is made");
}

// Data is worth more than what is declared of it: a difference is said, and that is all.
void keep(ObjectPlan& plan, const VolumeInput& input) {
  plan.say(Truth::True, "Made", "");
  const VolumeSpec& spec = input.volume->spec;
  const Labels labels = labels_of(*input.seen);
  const auto hash = labels.find(kSpecHashLabel);
  if (hash != labels.end() && hash->second == volume_hash(spec)) return;
  const Json* options = base::find_path(*input.seen, "Options");
  const bool same_driver = base::string_at(*input.seen, "Driver") == spec.driver;
  const bool same_options =
      base::json_equal(options && options->is_object() ? *options : Json(JsonObject{}), map_of(spec.driver_opts));
  std::string fields = same_driver ? "" : "driver";
  if (!same_options) fields += fields.empty() ? "driverOpts" : ", driverOpts";
  const bool works = fields.empty();
  if (works) fields = "labels";
  const std::string message = "not as declared: " + fields + "; a volume is never made anew, its data would be lost";
  plan.drifted = {Truth::True, "Differs", message};
  if (!works) plan.stall("Differs", message);
}

}  // namespace

std::string volume_hash(const VolumeSpec& spec) {
  JsonObject form;
  if (spec.driver != "local") form["driver"] = spec.driver;
  if (!spec.driver_opts.empty()) form["driverOpts"] = map_of(spec.driver_opts);
  if (!spec.labels.empty()) form["labels"] = map_of(spec.labels);
  return "h1:" + base::to_hex(base::sha256(base::to_canonical(form)));
}

ObjectPlan plan_volume(const VolumeInput& input) {
  ObjectPlan plan = begin_plan(input);
  switch (input.holder.state) {
    case Holder::State::Absent:
      make(plan, input);
      break;
    case Holder::State::Ours:
      keep(plan, input);
      break;
    case Holder::State::Foreign:
    case Holder::State::Another:
      plan.meet_stranger(input.holder, "Volume", input.volume->spec.host);
      break;
  }
  return plan;
}

ObjectPlan plan_volume_deletion(const VolumeInput& input) {
  ObjectPlan plan = begin_plan(input);
  plan.say(Truth::False, "Terminating", "the volume is removed with its data");
  plan.end(input.holder, input.volume->spec.deletion_policy, input.users);
  return plan;
}

}  // namespace berth::reconcilers
