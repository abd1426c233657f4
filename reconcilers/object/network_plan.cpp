// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/network_plan.hpp"

#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using schemas::NetworkSpec;
using Fields = std::set<std::string>;

JsonObject map_of(const std::map<std::string, std::string>& values) {
  JsonObject map;
  for (const auto& [key, value] : values) map[key] = value;
  return map;
}

void put(JsonObject& to, const char* key, const std::optional<std::string>& value) {
  if (value && !value->empty()) to[key] = *value;
}
void put(JsonObject& to, const char* key, const std::map<std::string, std::string>& values) {
  if (!values.empty()) to[key] = map_of(values);
}

JsonArray ranges_of(const schemas::NetworkIpam& ipam) {
  JsonArray ranges;
  for (const schemas::NetworkRange& range : ipam.config) {
    JsonObject one{{"Subnet", range.subnet}};
    put(one, "IPRange", range.ip_range);
    put(one, "Gateway", range.gateway);
    put(one, "AuxiliaryAddresses", range.aux_addresses);
    ranges.push_back(std::move(one));
  }
  return ranges;
}

JsonObject ipam_of(const schemas::NetworkIpam& ipam) {
  JsonObject body;
  put(body, "Driver", ipam.driver);
  put(body, "Options", ipam.options);
  if (JsonArray ranges = ranges_of(ipam); !ranges.empty()) body["Config"] = std::move(ranges);
  return body;
}

// POST /networks/create.
Json create_body(const NetworkInput& input) {
  const NetworkSpec& spec = input.network->spec;
  JsonObject body{{"Name", engine_name(*input.network)},
                  {"Driver", spec.driver},
                  {"Internal", spec.internal},
                  {"Attachable", spec.attachable},
                  {"EnableIPv6", spec.enable_ipv6}};
  if (spec.ipam) body["IPAM"] = ipam_of(*spec.ipam);
  put(body, "Options", spec.options);
  JsonObject& labels = body["Labels"].emplace_object();
  for (const auto& [key, value] : spec.labels) labels[key] = value;
  for (const auto& [key, value] :
       owner_labels(input.instance, input.network->metadata, network_hash(spec), "Network")) {
    labels[key] = value;
  }
  return body;
}

JsonObject object_at(const Json& from, std::string_view path) {
  const Json* found = base::find_path(from, path);
  return found && found->is_object() ? found->get_object() : JsonObject{};
}

// Engines from 27 on write down under Options what has fields of its own.
JsonObject own_options(const Json& seen) {
  JsonObject options = object_at(seen, "Options");
  options.erase("com.docker.network.enable_ipv4");
  options.erase("com.docker.network.enable_ipv6");
  return options;
}

JsonObject own_labels(const Json& seen) {
  JsonObject labels;
  for (const auto& [key, value] : labels_of(seen)) {
    if (!key.starts_with("berth.dev/")) labels[key] = value;
  }
  return labels;
}

// What is declared of a range is what the engine has of it; it fills in the rest by itself.
bool has_range(const Json& seen, const JsonObject& wanted) {
  const Json* ranges = base::find_path(seen, "IPAM.Config");
  if (!ranges || !ranges->is_array()) return false;
  return std::ranges::any_of(ranges->get_array(), [&wanted](const Json& range) {
    return std::ranges::all_of(wanted, [&range](const auto& member) {
      const Json* has = base::find_path(range, member.key());
      return has && base::json_equal(*has, member.value());
    });
  });
}

bool ipam_fits(const NetworkSpec& spec, const Json& seen) {
  if (!spec.ipam) return true;
  if (spec.ipam->driver && base::string_at(seen, "IPAM.Driver") != *spec.ipam->driver) return false;
  const JsonArray wanted = ranges_of(*spec.ipam);
  return std::ranges::all_of(wanted, [&seen](const Json& range) { return has_range(seen, range.get_object()); });
}

// By their names in the spec. Empty though the hash differs: what was declared once is not any more.
Fields differences(const NetworkSpec& spec, const Json& seen) {
  Fields fields;
  if (base::string_at(seen, "Driver") != spec.driver) fields.emplace("driver");
  if (base::bool_at(seen, "Internal") != spec.internal) fields.emplace("internal");
  if (base::bool_at(seen, "Attachable") != spec.attachable) fields.emplace("attachable");
  if (base::bool_at(seen, "EnableIPv6") != spec.enable_ipv6) fields.emplace("enableIPv6");
  if (!ipam_fits(spec, seen)) fields.emplace("ipam");
  if (!base::json_equal(own_options(seen), map_of(spec.options))) fields.emplace("options");
  if (!base::json_equal(own_labels(seen), map_of(spec.labels))) fields.emplace("labels");
  if (fields.empty()) fields.emplace("ipam");
  return fields;
}

std::string joined(const Fields& fields) {
  std::string text;
  for (const std::string& field : fields) text += (text.empty() ? "" : ", ") + field;
  return text;
}

void put_facts(ObjectPlan& plan, const NetworkInput& input) {
  if (input.holder.state == Holder::State::Absent || input.holder.state == Holder::State::Another) return;
  plan.facts =
      JsonObject{{"networkName", engine_name(*input.network)}, {"networkID", base::string_at(*input.seen, "Id")}};
  if (input.holder.state == Holder::State::Foreign) plan.facts["external"] = true;
  std::set<std::string> subnets;
  if (const Json* ranges = base::find_path(*input.seen, "IPAM.Config"); ranges && ranges->is_array()) {
    for (const Json& range : ranges->get_array()) subnets.emplace(base::string_at(range, "Subnet"));
  }
  if (!subnets.empty()) plan.facts["subnets"] = JsonArray(subnets.begin(), subnets.end());
}

ObjectPlan begin_plan(const NetworkInput& input) {
  ObjectPlan plan;
  plan.target = engine_name(*input.network);
  if (input.seen) plan.id = base::string_at(*input.seen, "Id");
  put_facts(plan, input);
  return plan;
}

// The engine changes no network in place. Making it anew costs nothing while no container is on it; otherwise it
// would cut connections, so it waits.
void keep(ObjectPlan& plan, const NetworkInput& input) {
  plan.say(Truth::True, "Made", "");
  const NetworkSpec& spec = input.network->spec;
  const Labels labels = labels_of(*input.seen);
  const auto hash = labels.find(kSpecHashLabel);
  if (hash != labels.end() && hash->second == network_hash(spec)) return;
  const Fields fields = differences(spec, *input.seen);
  const std::string message = "not as declared: " + joined(fields);
  plan.drifted = {Truth::True, "Differs", message};
  if (input.users.empty()) {
    plan.say(Truth::False, "Replacing", message);
    return plan.remove("made anew, " + message);
  }
  plan.wait_for(input.users, "it is made anew once none does");
  // Labels do nothing, so what there is serves as well.
  if (fields != Fields{"labels"}) plan.stall("InUse", message + "; " + plan.in_use->message);
}

}  // namespace

std::string network_hash(const NetworkSpec& spec) {
  JsonObject form;
  if (spec.driver != "bridge") form["driver"] = spec.driver;
  if (spec.internal) form["internal"] = true;
  if (spec.attachable) form["attachable"] = true;
  if (spec.enable_ipv6) form["enableIPv6"] = true;
  if (spec.ipam) {
    if (JsonObject ipam = ipam_of(*spec.ipam); !ipam.empty()) form["ipam"] = std::move(ipam);
  }
  put(form, "options", spec.options);
  put(form, "labels", spec.labels);
  return "h1:" + base::to_hex(base::sha256(base::to_canonical(form)));
}

ObjectPlan plan_network(const NetworkInput& input) {
  ObjectPlan plan = begin_plan(input);
  switch (input.holder.state) {
    case Holder::State::Absent:
      plan.step = ObjectPlan::Step::Create;
      plan.body = create_body(input);
      plan.say(Truth::False, "Creating", "the network is made");
      break;
    case Holder::State::Ours:
      keep(plan, input);
      break;
    case Holder::State::Foreign:
    case Holder::State::Another:
      plan.meet_stranger(input.holder, "Network", input.network->spec.host);
      break;
  }
  return plan;
}

ObjectPlan plan_network_deletion(const NetworkInput& input) {
  ObjectPlan plan = begin_plan(input);
  plan.say(Truth::False, "Terminating", "the network is removed");
  plan.end(input.holder, input.network->spec.deletion_policy, input.users);
  return plan;
}

}  // namespace berth::reconcilers
