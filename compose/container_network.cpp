// SPDX-License-Identifier: Apache-2.0
// Networks, ports and names of a container; declared in compose/expander.hpp.
#include <algorithm>

#include "compose/expander.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

struct Connection {
  std::string key;
  const Json* settings;
  std::int64_t priority;
};

// The first is the main one: by priority, then by name.
std::vector<Connection> connections_of(const Instance& instance) {
  std::vector<Connection> made;
  for (const auto& member : members(instance.spec, "networks")) {
    made.push_back({std::string(member.key()), &member.value(), base::int_at(member.value(), "priority")});
  }
  std::sort(made.begin(), made.end(), [](const Connection& a, const Connection& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.key < b.key;
  });
  return made;
}

JsonArray aliases_of(const Instance& instance, const Json& settings) {
  std::vector<std::string> aliases;
  const auto add = [&](const std::string& alias) {
    if (std::find(aliases.begin(), aliases.end(), alias) == aliases.end()) aliases.push_back(alias);
  };
  if (base::bool_at(settings, "use_service_name_alias", true)) add(instance.service);
  for (const Json& alias : items(settings, "aliases")) add(scalar_text(alias));
  JsonArray made;
  for (const std::string& alias : aliases) made.push_back(Json(alias));
  return made;
}

JsonObject connect(const Instance& instance, const Connection& connection) {
  const Json& network = *members(instance.with.model.json, "networks").if_contains(connection.key);
  const Json& settings = *connection.settings;
  const std::string name(base::string_at(network, "name"));
  const std::string path = instance.path + ".networks." + connection.key;
  JsonObject one;
  if (base::bool_at(network, "external")) {
    one["name"] = Json(name);
  } else {
    one["networkRef"] = JsonObject{{"name", child_name(name)}};
  }
  JsonArray aliases = aliases_of(instance, settings);
  if (!aliases.empty()) one["aliases"] = std::move(aliases);
  copy(settings, "ipv4_address", one, "ipv4Address");
  copy(settings, "ipv6_address", one, "ipv6Address");
  for (const char* attribute : {"driver_opts", "link_local_ips", "interface_name", "gw_priority"}) {
    if (settings.is_object() && settings.get_object().contains(attribute)) {
      instance.with.warn(path + "." + attribute, "is not supported, and ignored");
    }
  }
  return one;
}

void put_mode(const Instance& instance, const std::string& mode, JsonObject& made) {
  const std::string path = instance.path + ".network_mode";
  if (mode == "host" || mode == "none") {
    made["networkMode"] = Json(mode);
  } else if (mode.starts_with("service:")) {
    const auto other = instance.with.containers.find(mode.substr(8));
    if (other == instance.with.containers.end() || other->second.empty()) {
      instance.with.fail(path, "there is no container of " + mode);
    } else {
      made["containerRef"] = JsonObject{{"name", child_name(other->second.front())}};
    }
  } else if (mode.starts_with("container:")) {
    instance.with.fail(path, "a container outside of the stack is not supported: use service:<name>");
  } else if (mode != "bridge" && mode != "default") {
    made["networks"] = JsonArray{JsonObject{{"name", mode}}};
  }
}

// A link is a dependency and a name; the name is the other's on every network of both, unless it is another one.
void check_links(const Instance& instance) {
  std::size_t index = 0;
  for (const Json& item : items(instance.spec, "links")) {
    const std::string link = scalar_text(item);
    const std::string path = item_path(instance.path + ".links", index++);
    const std::size_t colon = link.find(':');
    if (colon != std::string::npos && link.substr(colon + 1) != link.substr(0, colon)) {
      instance.with.fail(path, "a link under another name is not supported: give " + link.substr(0, colon) +
                                   " the alias " + link.substr(colon + 1));
    }
  }
}

// What is the other container's, when its network is shared.
void check_shared(const Instance& instance, const std::string& mode) {
  if (!mode.starts_with("service:")) return;
  for (const char* own : {"dns", "expose", "extra_hosts", "hostname", "mac_address"}) {
    if (!instance.spec.get_object().contains(own)) continue;
    instance.with.fail(instance.path + "." + own,
                       "may not be set with network_mode " + mode + ": it is that service's");
  }
}

}  // namespace

void put_network(const Instance& instance, JsonObject& made) {
  const std::string mode(base::string_at(instance.spec, "network_mode"));
  std::string mac(base::string_at(instance.spec, "mac_address"));
  if (!mode.empty()) put_mode(instance, mode, made);
  check_shared(instance, mode);
  const std::vector<Connection> connections = connections_of(instance);
  JsonArray networks;
  for (const Connection& connection : connections) {
    const std::string own(base::string_at(*connection.settings, "mac_address"));
    if (!own.empty() && &connection == &connections.front()) mac = own;
    if (!own.empty() && &connection != &connections.front()) {
      instance.with.warn(instance.path + ".networks." + connection.key + ".mac_address",
                         "only the first network's is supported: ignored");
    }
    networks.push_back(connect(instance, connection));
  }
  if (!networks.empty()) made["networks"] = std::move(networks);
  if (!mac.empty()) made["macAddress"] = Json(mac);
  check_links(instance);
  copy(instance.spec, "dns", made, "dns");
  copy(instance.spec, "dns_search", made, "dnsSearch");
  copy(instance.spec, "dns_opt", made, "dnsOptions");
  JsonArray hosts;
  for (const Json& item : items(instance.spec, "extra_hosts")) {
    std::string line = scalar_text(item);
    line[line.find('=')] = ':';
    hosts.push_back(Json(line));
  }
  if (!hosts.empty()) made["extraHosts"] = std::move(hosts);
}

void put_ports(const Instance& instance, JsonObject& made) {
  const std::string_view mode = base::string_at(instance.spec, "network_mode");
  const JsonArray& given = items(instance.spec, "ports");
  const std::string path = instance.path + ".ports";
  JsonArray ports;
  std::size_t index = 0;
  for (const Json& item : given) {
    const std::string where = item_path(path, index++);
    const std::string published(base::string_at(item, "published"));
    std::string protocol(base::string_at(item, "protocol"));
    std::transform(protocol.begin(), protocol.end(), protocol.begin(), [](unsigned char c) { return std::toupper(c); });
    JsonObject port{{"containerPort", base::int_at(item, "target")}, {"protocol", protocol}};
    const auto number = read_integer(published);
    if (published.find('-') != std::string::npos) {
      instance.with.fail(
          where, "a free port out of a range is not supported: name one, or none for a free one of the engine's");
    } else if (!published.empty() && !number) {
      instance.with.fail(where + ".published", "must be a port, found \"" + published + "\"");
    } else if (number && *number != 0) {
      port["hostPort"] = *number;
    }
    copy(item, "host_ip", port, "hostIP");
    ports.push_back(std::move(port));
  }
  if (mode == "host" && !ports.empty()) {
    instance.with.warn(path, "with network_mode host every port is the host's: ignored");
  } else if ((mode == "none" || mode.starts_with("service:")) && !ports.empty()) {
    instance.with.fail(path, "may not be set with network_mode " + std::string(mode));
  } else if (!ports.empty()) {
    made["ports"] = std::move(ports);
  }
  copy(instance.spec, "expose", made, "expose");
}

}  // namespace berth::compose
