// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

using base::find_path;
using base::string_at;

namespace {

JsonArray tags_of(const FakeImage& image) { return JsonArray(image.tags.begin(), image.tags.end()); }

JsonArray digests_of(const FakeImage& image) {
  JsonArray digests;
  if (image.digest.empty()) return digests;
  for (const std::string& tag : image.tags) {
    digests.emplace_back(tag.substr(0, tag.rfind(':')) + "@" + image.digest);
  }
  return digests;
}

Json or_default(const Json& body, const char* field, Json otherwise) {
  const Json* found = find_path(body, field);
  return found == nullptr || found->is_null() ? otherwise : *found;
}

// The engine fills in the gateway of a range that was asked for without one.
JsonArray pools_of(const FakeNetwork& network) {
  JsonArray pools;
  const Json* asked = find_path(network.body, "IPAM.Config");
  if (asked != nullptr && asked->is_array() && !asked->as_array().empty()) {
    for (const Json& range : asked->as_array()) {
      JsonObject pool = range.as_object();
      const std::string subnet(string_at(range, "Subnet"));
      const bool v4 = subnet.find(':') == std::string::npos;
      if (v4 && !pool.contains("Gateway")) pool["Gateway"] = subnet.substr(0, subnet.rfind('.')) + ".1";
      pools.push_back(std::move(pool));
    }
  } else if (!network.subnet.empty()) {
    pools.push_back(JsonObject{{"Subnet", network.subnet + ".0/16"}, {"Gateway", network.subnet + ".1"}});
  }
  return pools;
}

}  // namespace

Json World::view_image(const FakeImage& image, int minor) const {
  JsonObject config{{"Cmd", JsonArray{"sh"}}};
  if (minor < 52) {
    config["Env"] = config["Entrypoint"] = config["Labels"] = config["Volumes"] = nullptr;
    config["User"] = config["WorkingDir"] = "";
  }
  return JsonObject{{"Id", image.id},
                    {"RepoTags", tags_of(image)},
                    {"RepoDigests", digests_of(image)},
                    {"Created", engine_time(1)},
                    {"Config", std::move(config)},
                    {"Architecture", image.architecture},
                    {"Os", "linux"},
                    {"Size", 1982298}};
}

Json World::view_image_row(const FakeImage& image, int minor) const {
  JsonArray digests = digests_of(image);
  JsonObject row{{"Id", image.id},        {"RepoTags", tags_of(image)}, {"ParentId", ""},    {"Created", 1},
                 {"Size", 1982298},       {"SharedSize", -1},           {"Labels", nullptr}, {"Containers", -1},
                 {"RepoDigests", nullptr}};
  if (!digests.empty()) row["RepoDigests"] = std::move(digests);
  if (minor < 44) row["VirtualSize"] = 1982298;
  return row;
}

Json World::view_network(const FakeNetwork& network, int minor) const {
  JsonObject members;
  for (const auto& [id, container] : containers) {
    for (const auto& [name, endpoint] : container->endpoints) {
      if (endpoint.network != network.id || !container->running()) continue;
      members[id] = JsonObject{{"Name", container->name},
                               {"EndpointID", endpoint.endpoint_id},
                               {"IPv4Address", endpoint.address.empty() ? "" : endpoint.address + "/16"}};
    }
  }
  for (const std::string& name : network.lost) {
    members["ep-" + name] = JsonObject{{"Name", name}, {"EndpointID", name}, {"IPv4Address", ""}};
  }
  const std::string driver(string_at(network.body, "Driver"));
  JsonObject view{{"Name", network.name},
                  {"Id", network.id},
                  {"Created", engine_time(network.created)},
                  {"Scope", "local"},
                  {"Driver", driver.empty() ? "bridge" : driver},
                  {"EnableIPv6", base::bool_at(network.body, "EnableIPv6")},
                  {"Internal", base::bool_at(network.body, "Internal")},
                  {"Attachable", base::bool_at(network.body, "Attachable")},
                  {"IPAM", JsonObject{{"Driver", or_default(network.body, "IPAM.Driver", Json("default"))},
                                      {"Options", or_default(network.body, "IPAM.Options", nullptr)},
                                      {"Config", pools_of(network)}}},
                  {"Containers", std::move(members)},
                  {"Options", or_default(network.body, "Options", Json(JsonObject{}))},
                  {"Labels", or_default(network.body, "Labels", Json(JsonObject{}))}};
  if (minor >= 48) view["EnableIPv4"] = true;
  return view;
}

Json World::view_volume(const std::string& name) const {
  const FakeVolume& volume = volumes.at(name);
  return JsonObject{{"CreatedAt", engine_time(volume.created)},
                    {"Driver", or_default(volume.body, "Driver", Json("local"))},
                    {"Labels", or_default(volume.body, "Labels", nullptr)},
                    {"Mountpoint", "/var/lib/docker/volumes/" + name + "/_data"},
                    {"Name", name},
                    {"Options", or_default(volume.body, "DriverOpts", nullptr)},
                    {"Scope", "local"}};
}

Json World::view_info() const {
  return JsonObject{{"ID", is_29() ? "fake-29" : "FAKE:20"},
                    {"OperatingSystem", "Debian GNU/Linux 12 (bookworm)"},
                    {"OSType", "linux"},
                    {"Architecture", "x86_64"},
                    {"SystemTime", engine_time(now_nano())},
                    {"NCPU", 2},
                    {"MemTotal", 8'000'000'000},
                    {"ServerVersion", is_29() ? "29.7.2" : "20.10.24+dfsg1"}};
}

Json World::view_version() const {
  return JsonObject{{"Version", is_29() ? "29.7.2" : "20.10.24+dfsg1"},
                    {"ApiVersion", "1." + std::to_string(max_minor())},
                    {"MinAPIVersion", "1." + std::to_string(min_minor())},
                    {"Os", "linux"},
                    {"Arch", "amd64"}};
}

Json World::view_event(const Event& event, int minor) const {
  JsonObject attributes;
  for (const auto& [key, value] : event.attributes) attributes[key] = value;
  JsonObject view{{"Type", event.type},
                  {"Action", event.action},
                  {"Actor", JsonObject{{"ID", event.id}, {"Attributes", std::move(attributes)}}},
                  {"scope", "local"},
                  {"time", event.time_nano / 1'000'000'000},
                  {"timeNano", event.time_nano}};
  if (minor < 52 && event.type == "container") {
    view["status"] = event.action;
    view["id"] = event.id;
    view["from"] = string_at(view["Actor"], "Attributes.image");
  }
  return view;
}

}  // namespace berth::fake_engine
