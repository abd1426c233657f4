// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the fake engine keeps.
#include <map>
#include <set>
#include <string>

#include "base/json.hpp"
#include "tests/fake_engine/fake_engine.hpp"

namespace berth::fake_engine {

using base::JsonArray;
using base::JsonObject;

// A call that the engine answers with an error.
struct Refused {
  int status;
  std::string message;
};

struct Endpoint {
  std::string network;  // its id; "" until the first start when the network is not known
  Json settings;        // as sent: IPAMConfig, Aliases, MacAddress, DriverOpts
  std::string endpoint_id;
  std::string address;
};

struct FakeContainer {
  std::string id;
  std::string name;
  Json body;         // as it was sent
  Json config;       // Config, with what the image adds
  Json host_config;  // HostConfig over its defaults
  std::string image_id;
  std::string state = "created";
  int exit_code = 0;
  std::string error;
  std::string health;  // "" without a healthcheck
  int restart_count = 0;
  bool manually_stopped = false;
  std::int64_t created = 0;
  std::int64_t started = 0;
  std::int64_t finished = 0;
  std::map<std::string, Endpoint> endpoints;  // by network name
  std::map<std::string, int> random_ports;    // "80/tcp" to the port that the start chose
  std::map<std::string, FakeFile> files;
  std::map<std::string, std::string> anonymous_volumes;  // path to name

  bool running() const { return state == "running" || state == "paused"; }
};

struct FakeImage {
  std::string id;
  std::string digest;  // of the manifest, "" for an imported one
  std::set<std::string> tags;
  StartBehaviour on_start;
  std::string architecture = "amd64";
  std::set<std::string> volumes;  // paths that it asks a volume for
};

struct FakeNetwork {
  std::string id;
  std::string name;
  Json body;
  std::string subnet;  // "172.18.0"
  int next_address = 2;
  std::int64_t created = 0;
  std::set<std::string> lost;  // endpoints by the name of their container, which is no more
};

struct FakeVolume {
  Json body;
  std::int64_t created = 0;
};

}  // namespace berth::fake_engine
