// SPDX-License-Identifier: Apache-2.0
#include "compose/expander.hpp"

#include <cctype>

namespace berth::compose {

namespace {
const JsonArray kNoItems;
const JsonObject kNoMembers;

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
// A compose name may be longer, or end with a dash: then the object goes without the label, the engine has it anyway.
bool is_label_value(std::string_view text) {
  const auto word = [](unsigned char c) { return std::isalnum(c) != 0; };
  if (text.empty() || text.size() > 63 || !word(static_cast<unsigned char>(text.front()))) return false;
  return word(static_cast<unsigned char>(text.back()));
}

}  // namespace

const JsonArray& items(const Json& value, std::string_view dotted) {
  const Json* found = base::find_path(value, dotted);
  return found != nullptr && found->is_array() ? found->get_array() : kNoItems;
}

const JsonObject& members(const Json& value, std::string_view dotted) {
  const Json* found = base::find_path(value, dotted);
  return found != nullptr && found->is_object() ? found->get_object() : kNoMembers;
}

void copy(const Json& value, std::string_view from, JsonObject& made, std::string_view to) {
  const Json* found = base::find_path(value, from);
  if (found != nullptr && !found->is_null()) made[to] = *found;
}

Json Expander::object(std::string_view kind, const std::string& engine_name, JsonObject labels) const {
  labels["com.docker.compose.project"] = Json(project);
  JsonObject kept;
  for (const auto& label : labels) {
    if (is_label_value(label.value().get_string())) kept[label.key()] = label.value();
  }
  labels = std::move(kept);
  return JsonObject{{"kind", kind},
                    {"metadata", JsonObject{{"name", child_name(engine_name)}, {"labels", std::move(labels)}}}};
}

JsonObject Expander::engine_labels(const Json& own, std::string_view label, std::string_view name) const {
  JsonObject labels = members(own, "labels");
  labels["com.docker.compose.project"] = Json(project);
  labels[label] = name;
  return labels;
}

Json network_object(Expander& with, const std::string& key, const Json& network) {
  const std::string name(base::string_at(network, "name"));
  const std::string path = member_path("networks", key);
  JsonObject spec{{"host", with.target.host}, {"networkName", name}};
  copy(network, "driver", spec, "driver");
  copy(network, "internal", spec, "internal");
  copy(network, "attachable", spec, "attachable");
  copy(network, "enable_ipv6", spec, "enableIPv6");
  copy(network, "driver_opts", spec, "options");
  if (!base::bool_at(network, "enable_ipv4", true))
    with.fail(path + ".enable_ipv4", "a network without IPv4 is not supported");
  JsonObject ipam;
  copy(network, "ipam.driver", ipam, "driver");
  copy(network, "ipam.options", ipam, "options");
  JsonArray pools;
  for (const Json& pool : items(network, "ipam.config")) {
    JsonObject one;
    copy(pool, "subnet", one, "subnet");
    copy(pool, "gateway", one, "gateway");
    copy(pool, "ip_range", one, "ipRange");
    copy(pool, "aux_addresses", one, "auxAddresses");
    pools.push_back(std::move(one));
  }
  if (!pools.empty()) ipam["config"] = std::move(pools);
  if (!ipam.empty()) spec["ipam"] = std::move(ipam);
  spec["labels"] = with.engine_labels(network, "com.docker.compose.network", key);
  Json made = with.object("Network", name, {});
  made.get_object()["spec"] = std::move(spec);
  return made;
}

Json volume_object(Expander& with, const std::string& key, const Json& volume) {
  const std::string name(base::string_at(volume, "name"));
  JsonObject spec{{"host", with.target.host}, {"volumeName", name}};
  copy(volume, "driver", spec, "driver");
  copy(volume, "driver_opts", spec, "driverOpts");
  spec["labels"] = with.engine_labels(volume, "com.docker.compose.volume", key);
  Json made = with.object("Volume", name, {});
  made.get_object()["spec"] = std::move(spec);
  return made;
}

}  // namespace berth::compose
