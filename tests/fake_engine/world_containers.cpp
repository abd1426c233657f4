// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "base/crypto.hpp"
#include "tests/fake_engine/default_config.hpp"
#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

using base::find_path;
using base::int_at;
using base::string_at;

namespace {

bool valid_name(const std::string& name) {
  const auto inner = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; };
  return name.size() > 1 && std::isalnum(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), inner);
}

// The code that a process ends with when a signal kills it; 0 when the signal does not.
int fatal_code(const FakeContainer& container, std::string signal) {
  if (signal.starts_with("SIG")) signal = signal.substr(3);
  std::string own(string_at(container.config, "StopSignal"));
  if (own.starts_with("SIG")) own = own.substr(3);
  if (signal.empty()) signal = own.empty() ? "TERM" : own;
  if (signal == "KILL" || signal == "9") return 137;
  if (signal == "TERM" || signal == "15") return 143;
  if (signal == "INT" || signal == "2") return 130;
  if (signal == "QUIT" || signal == "3") return 131;
  return signal == own ? 128 + 10 : 0;
}

std::string signal_number(const FakeContainer& container, const std::string& signal) {
  const int code = fatal_code(container, signal);
  return code == 0 ? signal : std::to_string(code - 128);
}

}  // namespace

World::World(Flavour flavour) : flavour_(flavour) {
  for (const char* name : {"bridge", "host", "none"}) {
    FakeNetwork network;
    network.id = fresh_id();
    network.name = name;
    network.created = now_nano();
    const std::string driver = name == std::string_view("none") ? "null" : name;
    network.body = JsonObject{{"Name", name}, {"Driver", driver}};
    if (driver == "bridge") network.subnet = "172.17.0";
    networks.emplace(network.id, std::move(network));
  }
}

std::string World::fresh_id() { return base::to_hex(base::sha256("id " + std::to_string(next_id_++))); }

const FakeContainer* World::find_container(const std::string& key) const {
  if (const auto found = containers.find(key); found != containers.end()) return found->second.get();
  const FakeContainer* by_prefix = nullptr;
  for (const auto& [id, container] : containers) {
    if (container->name == key) return container.get();
    if (key.size() >= 4 && id.starts_with(key)) by_prefix = container.get();
  }
  return by_prefix;
}

FakeContainer& World::container(const std::string& key) {
  const FakeContainer* found = find_container(key);
  if (found == nullptr) throw Refused{404, "No such container: " + key};
  return *containers.at(found->id);
}

std::string World::create_container(const std::string& name, const Json& body, int minor) {
  const std::string reference(string_at(body, "Image"));
  const FakeImage* image = find_image(reference);
  if (image == nullptr) throw Refused{404, "No such image: " + with_tag(reference)};
  auto made = std::make_unique<FakeContainer>();
  made->id = fresh_id();
  made->name = name.empty() ? "happy_" + made->id.substr(0, 8) : name;
  if (!valid_name(made->name)) {
    throw Refused{400, "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"};
  }
  if (const FakeContainer* holder = find_container(made->name); holder != nullptr && holder->name == made->name) {
    throw Refused{409, "Conflict. The container name \"/" + made->name + "\" is already in use by container \"" +
                           holder->id +
                           "\". You have to remove (or rename) that container to be able to reuse that name."};
  }
  check_create(body, minor);
  made->body = body;
  made->config = make_config(body, made->id, minor);
  made->host_config = make_host_config(body, flavour_, minor);
  made->image_id = image->id;
  made->created = now_nano();
  bind_namespaces(*made);
  attach_at_create(*made, body, minor);
  if (const Json* mounts = find_path(body, "HostConfig.Mounts"); mounts != nullptr && mounts->is_array()) {
    for (const Json& mount : mounts->as_array()) {
      const std::string source(string_at(mount, "Source"));
      if (string_at(mount, "Type") == "volume" && !source.empty()) create_volume(JsonObject{{"Name", source}});
    }
  }
  make_anonymous_volumes(*made, *image);
  const std::string id = made->id;
  raise(*containers.emplace(id, std::move(made)).first->second, "create");
  return id;
}

void World::start_container(const std::string& key) {
  FakeContainer& target = container(key);
  if (target.state == "paused") throw Refused{409, "cannot start a paused container, try unpause instead"};
  if (target.running()) throw Refused{304, ""};
  const auto image = images.find(target.image_id);
  try {
    check_namespaces(target);
    join_networks(target);
    if (image != images.end() && image->second.on_start.fail_status != 0) {
      throw Refused{image->second.on_start.fail_status, image->second.on_start.fail_message};
    }
    check_ports_free(target);
  } catch (const Refused& refused) {
    target.error = (is_29() ? "failed to create task for container: " : "") + refused.message;
    target.exit_code = refused.status == 400 ? 127 : 128;
    throw Refused{refused.status, target.error};
  }
  target.restart_count = 0;
  target.manually_stopped = false;
  begin(target);
}

void World::begin(FakeContainer& target) {
  target.state = "running";
  target.error.clear();
  target.exit_code = 0;
  target.started = now_nano();
  for (const auto& [name, endpoint] : target.endpoints) {
    if (const FakeNetwork* joined = find_network(endpoint.network)) raise(*joined, "connect", target.id);
  }
  raise(target, "start");
  const auto image = images.find(target.image_id);
  const StartBehaviour behaviour = image == images.end() ? StartBehaviour{} : image->second.on_start;
  if (has_healthcheck(target.config)) {
    target.health = "starting";
    if (!behaviour.health.empty()) set_health(target.id, behaviour.health);
  }
  if (behaviour.exit_code) end(target, *behaviour.exit_code, StopEvent::None);
}

void World::end(FakeContainer& target, int code, StopEvent stop) {
  target.state = "exited";
  target.exit_code = code;
  target.finished = now_nano();
  if (!target.health.empty()) target.health = "unhealthy";
  // 20.10 says die, then stop; 29 the other way round.
  if (stop == StopEvent::Stop && is_29()) raise(target, "stop");
  raise(target, "die", {{"exitCode", std::to_string(code)}});
  leave_networks(target);
  if (stop == StopEvent::Stop && !is_29()) raise(target, "stop");
  target.random_ports.clear();
  if (base::bool_at(target.host_config, "AutoRemove")) remove_container(target.id, Removal::Force);
}

void World::stop_container(const std::string& key, const std::string& signal) {
  FakeContainer& target = container(key);
  if (!target.running()) throw Refused{304, ""};
  target.manually_stopped = true;
  raise(target, "kill", {{"signal", signal_number(target, signal)}});
  const int code = fatal_code(target, signal);
  if (code == 0) raise(target, "kill", {{"signal", "9"}});
  end(target, code == 0 ? 137 : code, StopEvent::Stop);
}

void World::kill_container(const std::string& key, const std::string& signal) {
  FakeContainer* target = nullptr;
  try {
    target = &container(key);
  } catch (const Refused& refused) {
    throw Refused{404, "Cannot kill container: " + key + ": " + refused.message};
  }
  if (!target->running()) {
    throw Refused{409, "Cannot kill container: " + key + ": Container " + target->id + " is not running"};
  }
  target->manually_stopped = true;
  const std::string sent = signal.empty() ? "KILL" : signal;
  const int code = fatal_code(*target, sent);
  raise(*target, "kill", {{"signal", signal_number(*target, sent)}});
  if (code != 0) end(*target, code, StopEvent::None);
}

void World::exit_container(const std::string& key, int code) {
  FakeContainer& target = container(key);
  if (!target.running()) throw Refused{409, "Container " + target.id + " is not running"};
  const std::string policy(string_at(target.host_config, "RestartPolicy.Name"));
  const std::int64_t most = int_at(target.host_config, "RestartPolicy.MaximumRetryCount");
  const bool again =
      !target.manually_stopped && (policy == "always" || policy == "unless-stopped" ||
                                   (policy == "on-failure" && code != 0 && (most == 0 || target.restart_count < most)));
  const std::string id = target.id;
  end(target, code, StopEvent::None);
  if (!again || find_container(id) == nullptr) return;
  join_networks(target);
  ++target.restart_count;
  begin(target);
}

void World::pause_container(const std::string& key) {
  FakeContainer& target = container(key);
  if (!target.running()) throw Refused{409, "Container " + target.id + " is not running"};
  if (target.state == "paused") throw Refused{409, "Container " + target.id + " is already paused"};
  target.state = "paused";
  raise(target, "pause");
}

void World::unpause_container(const std::string& key) {
  FakeContainer& target = container(key);
  if (target.state != "paused") throw Refused{500, "Container " + target.id + " is not paused"};
  target.state = "running";
  raise(target, "unpause");
}

void World::rename_container(const std::string& key, const std::string& name) {
  if (name.empty()) throw Refused{mistake(), "Neither old nor new names may be empty"};
  FakeContainer& target = container(key);
  if (!valid_name(name)) {
    throw Refused{mistake(), "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"};
  }
  if (target.name == name) throw Refused{400, "Renaming a container with the same name as its current name"};
  if (const FakeContainer* holder = find_container(name); holder != nullptr && holder->name == name) {
    throw Refused{409, "Error when allocating new name: Conflict. The container name \"/" + name +
                           "\" is already in use by container \"" + holder->id +
                           "\". You have to remove (or rename) that container to be able to reuse that name."};
  }
  const std::string old = target.name;
  target.name = name;
  raise(target, "rename", {{"oldName", "/" + old}});
}

void World::update_container(const std::string& key, const Json& resources) {
  FakeContainer& target = container(key);
  const std::int64_t memory = int_at(resources, "Memory");
  const std::string prefix = "Cannot update container " + target.id + ": ";
  if (memory > 0 && memory < 6 * 1024 * 1024) throw Refused{mistake(), "Minimum memory limit allowed is 6MB"};
  const std::int64_t stored_swap = int_at(target.host_config, "MemorySwap");
  if (memory > 0 && int_at(resources, "MemorySwap") == 0 && stored_swap != -1 &&
      (stored_swap == 0 ? target.running() : memory > stored_swap)) {
    throw Refused{409, prefix +
                           "Memory limit should be smaller than already set memoryswap limit, update the "
                           "memoryswap at the same time"};
  }
  update_host_config(target.host_config, resources);
  raise(target, "update");
}

void World::remove_container(const std::string& key, Removal removal) {
  FakeContainer& target = container(key);
  if (target.running()) {
    if (removal == Removal::Stopped) {
      throw Refused{409, "You cannot remove a running container " + target.id +
                             ". Stop the container before attempting removal or force remove"};
    }
    target.manually_stopped = true;
    target.host_config.as_object()["AutoRemove"] = false;  // end() must not remove it as well
    raise(target, "kill", {{"signal", "9"}});
    end(target, 137, StopEvent::None);
  }
  raise(target, "destroy");
  containers.erase(target.id);
}

void World::remove_container_and_volumes(const std::string& key, Removal removal) {
  const auto volumes_of_it = container(key).anonymous_volumes;
  remove_container(key, removal);
  for (const auto& [path, name] : volumes_of_it) {
    try {
      remove_volume(name);
    } catch (const Refused&) {
      // Another container has it, too.
    }
  }
}

void World::set_health(const std::string& key, const std::string& status) {
  FakeContainer& target = container(key);
  target.health = status;
  raise(target, "health_status: " + status);
}

void World::raise(const FakeContainer& of, const std::string& action, std::map<std::string, std::string> more) {
  if (const Json* labels = find_path(of.config, "Labels"); labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->as_object()) {
      if (value.is_string()) more.emplace(key, value.as_string());
    }
  }
  more["image"] = string_at(of.config, "Image");
  more["name"] = of.name;
  events.raise("container", action, of.id, std::move(more));
}

}  // namespace berth::fake_engine
