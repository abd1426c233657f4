// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "base/status.hpp"
#include "tests/fake_engine/routes.hpp"
#include "tests/fake_engine/tar_reader.hpp"

namespace berth::fake_engine {

using base::HttpRequest;
using base::string_at;

namespace {

using Action = Answer (*)(World&, const Route&, const HttpRequest&);

Answer json(const Json& value, int status = 200) { return {status, "application/json", base::to_canonical(value)}; }
Answer nothing() { return {204, "", ""}; }

std::string asked(const Route& route, const std::string& key) {
  const auto found = route.query.find(key);
  return found == route.query.end() ? "" : found->second;
}

bool flag(const Route& route, const std::string& key) {
  const std::string value = asked(route, key);
  return value == "1" || value == "true";
}

Json parse_body(const World& world, const HttpRequest& request) {
  if (request.body.empty()) throw Refused{world.mistake(), world.is_29() ? "invalid JSON: EOF" : "EOF"};
  try {
    return base::parse_json(request.body);
  } catch (const base::Status& status) {
    throw Refused{world.mistake(), "invalid JSON: " + status.message()};
  }
}

std::string wanted_signal(const Route& route) { return route.minor >= 42 ? asked(route, "signal") : ""; }

Answer create_container(World& world, const Route& route, const HttpRequest& request) {
  const Json body = parse_body(world, request);
  const std::string platform = asked(route, "platform");
  const FakeImage* of = world.find_image(std::string(string_at(body, "Image")));
  if (!platform.empty() && of != nullptr && platform != "linux/" + of->architecture) {
    throw Refused{404, "image with reference " + std::string(string_at(body, "Image")) +
                           " was found but does not match the specified platform: wanted " + platform +
                           ", actual: linux/amd64"};
  }
  const std::string id = world.create_container(asked(route, "name"), body, route.minor);
  return json(JsonObject{{"Id", id}, {"Warnings", JsonArray{}}}, 201);
}

Answer list_containers(World& world, const Route& route, const HttpRequest&) {
  JsonArray rows;
  for (const auto& [id, container] : world.containers) {
    if (flag(route, "all") || container->running()) rows.push_back(world.view_container_row(*container, route.minor));
  }
  return json(rows);
}

Answer start(World& world, const Route& route, const HttpRequest& request) {
  if (request.body.size() > 7) throw Refused{400, "starting container with non-empty request body was deprecated"};
  world.start_container(route.key);
  return nothing();
}

Answer stop(World& world, const Route& route, const HttpRequest&) {
  world.stop_container(route.key, wanted_signal(route));
  return nothing();
}

Answer restart(World& world, const Route& route, const HttpRequest&) {
  if (world.container(route.key).running()) world.stop_container(route.key, wanted_signal(route));
  world.start_container(route.key);
  return nothing();
}

Answer archive(World& world, const Route& route, const HttpRequest& request) {
  FakeContainer& target = world.container(route.key);
  for (auto& [path, file] : read_tar(request.body, asked(route, "path"))) target.files[path] = std::move(file);
  return {200, "", ""};
}

Answer pull(World& world, const Route& route, const HttpRequest&) {
  std::string reference = asked(route, "fromImage");
  const std::string tag = asked(route, "tag");
  if (!tag.empty()) reference += (tag.starts_with("sha256:") ? "@" : ":") + tag;
  const std::string digest = world.pull_image(reference, asked(route, "platform"));
  std::string lines;
  for (const std::string& status :
       {"Pulling from " + reference, "Digest: " + digest, "Status: Downloaded newer image for " + reference}) {
    lines += base::to_canonical(JsonObject{{"status", status}}) + "\r\n";
  }
  return {200, "application/json", lines};
}

Answer import(World& world, const Route& route, const HttpRequest& request) {
  const std::string tag = asked(route, "tag");
  const std::string id = world.import_image(asked(route, "repo") + (tag.empty() ? "" : ":" + tag), request.body);
  return {200, "application/json", base::to_canonical(JsonObject{{"status", id}}) + "\r\n"};
}

Answer inspect_image(World& world, const Route& route, const HttpRequest&) {
  const FakeImage* found = world.find_image(route.key);
  if (found == nullptr) throw Refused{404, "no such image: " + route.key + ": No such image: " + with_tag(route.key)};
  return json(world.view_image(*found, route.minor));
}

Answer list_images(World& world, const Route& route, const HttpRequest&) {
  JsonArray rows;
  for (const auto& [id, image] : world.images) rows.push_back(world.view_image_row(image, route.minor));
  return json(rows);
}

Answer list_networks(World& world, const Route& route, const HttpRequest&) {
  JsonArray rows;
  for (const auto& [id, network] : world.networks) rows.push_back(world.view_network(network, route.minor));
  return json(rows);
}

Answer connect(World& world, const Route& route, const HttpRequest& request) {
  const Json body = parse_body(world, request);
  const Json* endpoint = base::find_path(body, "EndpointConfig");
  world.connect_network(route.key, std::string(string_at(body, "Container")),
                        endpoint == nullptr ? Json(nullptr) : *endpoint, route.minor);
  return {200, "", ""};
}

Answer disconnect(World& world, const Route& route, const HttpRequest& request) {
  const Json body = parse_body(world, request);
  const auto how = base::bool_at(body, "Force") ? World::Disconnect::Force : World::Disconnect::Known;
  world.disconnect_network(route.key, std::string(string_at(body, "Container")), how);
  return {200, "", ""};
}

Answer list_volumes(World& world, const Route&, const HttpRequest&) {
  JsonArray rows;
  for (const auto& [name, volume] : world.volumes) rows.push_back(world.view_volume(name));
  return json(JsonObject{{"Volumes", std::move(rows)}, {"Warnings", nullptr}});
}

Answer inspect_volume(World& world, const Route& route, const HttpRequest&) {
  if (!world.volumes.contains(route.key)) throw Refused{404, "get " + route.key + ": no such volume"};
  return json(world.view_volume(route.key));
}

const std::map<std::string, Action>& actions() {
  using W = World&;
  using R = const Route&;
  using H = const HttpRequest&;
  static const std::map<std::string, Action> table{
      {"ping", [](W, R, H) { return Answer{200, "text/plain; charset=utf-8", "OK"}; }},
      {"version", [](W world, R, H) { return json(world.view_version()); }},
      {"info", [](W world, R, H) { return json(world.view_info()); }},
      {"container_list", list_containers},
      {"container_create", create_container},
      {"container_inspect",
       [](W world, R route, H) { return json(world.view_container(world.container(route.key), route.minor)); }},
      {"container_start", start},
      {"container_stop", stop},
      {"container_restart", restart},
      {"container_kill", [](W w, R r, H) { return w.kill_container(r.key, asked(r, "signal")), nothing(); }},
      {"container_pause", [](W w, R r, H) { return w.pause_container(r.key), nothing(); }},
      {"container_unpause", [](W w, R r, H) { return w.unpause_container(r.key), nothing(); }},
      {"container_rename", [](W w, R r, H) { return w.rename_container(r.key, asked(r, "name")), nothing(); }},
      {"container_update",
       [](W w, R r, H request) {
         w.update_container(r.key, parse_body(w, request));
         return json(JsonObject{{"Warnings", nullptr}});
       }},
      {"container_remove",
       [](W w, R r, H) {
         const auto how = flag(r, "force") ? World::Removal::Force : World::Removal::Stopped;
         if (flag(r, "v")) {
           w.remove_container_and_volumes(r.key, how);
         } else {
           w.remove_container(r.key, how);
         }
         return nothing();
       }},
      {"container_archive", archive},
      {"image_list", list_images},
      {"image_inspect", inspect_image},
      {"image_pull", pull},
      {"image_import", import},
      {"image_remove", [](W w, R r, H) { return json(w.remove_image(r.key)); }},
      {"network_list", list_networks},
      {"network_inspect", [](W w, R r, H) { return json(w.view_network(w.network(r.key), r.minor)); }},
      {"network_create",
       [](W w, R r, H request) {
         const std::string id = w.create_network(parse_body(w, request), r.minor);
         return json(JsonObject{{"Id", id}, {"Warning", ""}}, 201);
       }},
      {"network_remove", [](W w, R r, H) { return w.remove_network(r.key), nothing(); }},
      {"network_connect", connect},
      {"network_disconnect", disconnect},
      {"volume_list", list_volumes},
      {"volume_inspect", inspect_volume},
      {"volume_create",
       [](W w, R, H request) { return json(w.view_volume(w.create_volume(parse_body(w, request))), 201); }},
      {"volume_remove", [](W w, R r, H) { return w.remove_volume(r.key), nothing(); }},
  };
  return table;
}

}  // namespace

Answer perform(World& world, const Route& route, const HttpRequest& request) {
  const auto found = actions().find(route.operation);
  if (found == actions().end()) throw Refused{404, "page not found"};
  return found->second(world, route, request);
}

}  // namespace berth::fake_engine
