// SPDX-License-Identifier: Apache-2.0
#pragma once
// What turns one service, network, volume, config or secret of the model into objects; used by expand() only.
#include <map>
#include <string>
#include <vector>

#include "compose/expand.hpp"
#include "compose/model.hpp"

namespace berth::compose {

struct Expander {
  const Sources& sources;
  const Target& target;
  const Model& model;
  std::string project;
  Expansion& out;
  JsonObject env_secret{};                                       // data of <stack>-env, base64
  std::map<std::string, std::vector<std::string>> containers{};  // service -> engine names, for those that are made
  std::map<std::string, Json> contents{};                        // ConfigMaps and Secrets, by kind and name
  std::map<std::string, Json> volumes{};                         // anonymous ones, by object name

  void warn(std::string path, std::string message) { out.warnings.push_back({std::move(path), std::move(message)}); }
  void fail(std::string path, std::string message) { out.errors.push_back({std::move(path), std::move(message)}); }

  // {"kind", "metadata"} with compose's label of the project, and those given.
  Json object(std::string_view kind, const std::string& engine_name, JsonObject labels) const;
  JsonObject engine_labels(const Json& own, std::string_view label, std::string_view name) const;
};

// One container of a service, the `number`th from 1.
struct Instance {
  Expander& with;
  std::string service;
  const Json& spec;  // of the model
  std::size_t number;
  std::string path;  // "services.web"
};

JsonObject container_spec(const Instance& instance);

// Parts of it, each into `made`.
void put_process(const Instance& instance, JsonObject& made);
void put_health(const Instance& instance, JsonObject& made);
void put_environment(const Instance& instance, JsonObject& made);
void put_resources(const Instance& instance, JsonObject& made);
void put_security(const Instance& instance, JsonObject& made);
void put_devices(const Instance& instance, JsonObject& made);
void put_mounts(const Instance& instance, JsonObject& made);
void put_files(const Instance& instance, JsonObject& made);
void put_network(const Instance& instance, JsonObject& made);
void put_ports(const Instance& instance, JsonObject& made);
void put_order(const Instance& instance, JsonObject& made);
void report_unsupported(const Instance& instance);

// Of the model's sections, those that a container uses.
Json network_object(Expander& with, const std::string& key, const Json& network);
Json volume_object(Expander& with, const std::string& key, const Json& volume);

// Small words for reading the model.
const JsonArray& items(const Json& value, std::string_view dotted);
const JsonObject& members(const Json& value, std::string_view dotted);
// made[to] = value's member `from`, if it is there.
void copy(const Json& value, std::string_view from, JsonObject& made, std::string_view to);

}  // namespace berth::compose
