// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan_clashes.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace berth::reconcilers {
namespace {

using base::Json;

// "8080/tcp" at an address of the host, "" for all of them.
struct Published {
  std::string port;
  std::string address;
};

// What somebody has on the host.
struct Holding {
  std::string who;
  std::string name;
  std::vector<Published> ports;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string address_of(std::string address) {
  return address == "0.0.0.0" || address == "::" ? std::string() : address;
}

std::vector<Published> declared_ports(const schemas::Container& container) {
  std::vector<Published> ports;
  for (const schemas::ContainerPort& port : container.spec.ports) {
    if (!port.host_port) continue;
    ports.push_back(
        {std::to_string(*port.host_port) + "/" + lower(port.protocol), address_of(port.host_ip.value_or(""))});
  }
  return ports;
}

// As an inspect has them: {"80/tcp": [{"HostIp", "HostPort"}]}.
std::vector<Published> seen_ports(const Json& inspect) {
  std::vector<Published> ports;
  const Json* published = base::find_path(inspect, "NetworkSettings.Ports");
  if (published == nullptr || !published->is_object()) return ports;
  for (const auto& [key, bindings] : published->get_object()) {
    if (!bindings.is_array()) continue;
    const std::string_view inner(key);
    const std::size_t slash = inner.find('/');
    const std::string protocol(slash == std::string_view::npos ? "tcp" : inner.substr(slash + 1));
    for (const Json& binding : bindings.get_array()) {
      const std::string number(base::string_at(binding, "HostPort"));
      if (number.empty()) continue;
      ports.push_back({number + "/" + protocol, address_of(std::string(base::string_at(binding, "HostIp")))});
    }
  }
  return ports;
}

bool meet(const Published& one, const Published& other) {
  return one.port == other.port && (one.address.empty() || other.address.empty() || one.address == other.address);
}

class Clashes {
 public:
  Clashes(const resources::Resources& resources, const std::set<std::string>& gone)
      : resources_(resources), gone_(gone) {}

  // Containers declared on the host; what they have on the engine is theirs.
  void read_declared(const std::string& host) {
    const schemas::Kind& kind = schemas::Catalog::instance().by_name("Container");
    for (const auto& place : resources_.referrers(kind, "Host", "", host)) {
      const std::string label = place.ns + "/" + place.name;
      if (gone_.contains(label)) continue;
      const auto object = resources_.find(kind, place.ns, place.name);
      if (!object) continue;
      const schemas::Container container = schemas::decode_container(object->parse());
      if (container.status.adopted) adopted_.insert(*container.status.adopted);
      holdings_.push_back({"Container " + label, engine_name(container), declared_ports(container)});
    }
  }

  // Containers of the engine that no Container object has.
  void read_seen(const docker::Snapshot& snapshot) {
    for (const auto& [id, view] : snapshot.containers) {
      const bool ours = owner_of(view->labels, resources_.instance()).has_value();
      if (ours || adopted_.contains(id)) continue;
      holdings_.push_back({"container \"" + view->name + "\" of the engine", view->name, seen_ports(view->inspect())});
    }
  }

  void look(const Json& object, std::map<std::string, std::string>& found) const {
    const schemas::Container container = schemas::decode_container(object);
    const std::string name = engine_name(container);
    const std::vector<Published> ports = declared_ports(container);
    const std::string& host = container.spec.host;
    for (const Holding& other : holdings_) {
      const std::string path = "Container " + container.metadata.name;
      if (other.name == name) {
        found[path + ": name"] = "the name \"" + name + "\" on host " + host + " is that of " + other.who;
      }
      for (const Published& port : ports) {
        if (std::ranges::none_of(other.ports, [&port](const Published& taken) { return meet(port, taken); })) continue;
        found[path + ": port " + port.port] = "port " + port.port + " of host " + host + " is that of " + other.who;
      }
    }
  }

 private:
  const resources::Resources& resources_;
  const std::set<std::string>& gone_;
  std::set<std::string> adopted_;
  std::vector<Holding> holdings_;
};

}  // namespace

compose::Problems find_clashes(const resources::Resources& resources, const docker::Snapshot* snapshot,
                               const std::vector<Json>& wanted, const std::set<std::string>& gone) {
  compose::Problems problems;
  if (wanted.empty()) return problems;
  Clashes clashes(resources, gone);
  clashes.read_declared(std::string(base::string_at(wanted.front(), "spec.host")));
  if (snapshot != nullptr) clashes.read_seen(*snapshot);
  std::map<std::string, std::string> found;
  for (const Json& object : wanted) clashes.look(object, found);
  for (const auto& [where, message] : found) problems.push_back({where.substr(0, where.find(": ")), message});
  return problems;
}

}  // namespace berth::reconcilers
