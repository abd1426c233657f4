// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/fake_engine.hpp"

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "tests/fake_engine/server.hpp"

namespace berth::fake_engine {

using Lock = std::unique_lock<std::recursive_mutex>;

struct FakeEngine::State {
  State(base::Loop& on, FakeEngineOptions wanted, std::string folder)
      : loop(on),
        options(std::move(wanted)),
        own_folder(std::move(folder)),
        shared(options.flavour),
        server(on.executor(), shared, options.socket_path) {}

  base::Loop& loop;
  FakeEngineOptions options;
  std::string own_folder;  // "" when the caller chose the path
  Shared shared;
  Server server;

  // Runs `change` under the lock, then tells the streams and the waiting tests. A refusal is a mistake of the test.
  template <class Change>
  auto apply(Change change) {
    struct Tell {
      State& state;
      ~Tell() {
        state.server.wake();
        state.shared.changed.notify_all();
      }
    } tell{*this};
    const Lock lock(shared.mutex);
    try {
      return change(shared.world);
    } catch (const Refused& refused) {
      throw std::runtime_error("fake engine: " + std::to_string(refused.status) + " " + refused.message);
    }
  }

  template <class Read>
  auto read(Read read_world) const {
    const Lock lock(shared.mutex);
    return read_world(shared.world);
  }
};

namespace {

std::string make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "fake-engine-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + pattern);
  return pattern;
}

base::Task<void> open_server(Server& server) {
  server.open();
  co_return;
}

}  // namespace

FakeEngine::FakeEngine(FakeEngineOptions options) : own_loop_(std::make_unique<base::Loop>("fake engine")) {
  begin(*own_loop_, std::move(options));
}

FakeEngine::FakeEngine(base::Loop& loop, FakeEngineOptions options) { begin(loop, std::move(options)); }

void FakeEngine::begin(base::Loop& loop, FakeEngineOptions options) {
  std::string folder;
  if (options.socket_path.empty()) {
    folder = make_folder();
    options.socket_path = folder + "/docker.sock";
  }
  state_ = std::make_unique<State>(loop, std::move(options), std::move(folder));
  for (const std::string& image : state_->options.images) add_image(image);
  come_back();
}

FakeEngine::~FakeEngine() {
  go_away();
  const std::string folder = state_->own_folder;
  // What was posted to the loop before must run before the server goes.
  state_->loop.run_and_wait([]() -> base::Task<void> { co_return; });
  state_.reset();
  own_loop_.reset();
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
}

const std::string& FakeEngine::socket_path() const { return state_->options.socket_path; }

std::uint64_t FakeEngine::calls(const std::string& operation) const {
  const Lock lock(state_->shared.mutex);
  return state_->shared.faults.calls(operation);
}

std::uint64_t FakeEngine::writes() const {
  const Lock lock(state_->shared.mutex);
  return state_->shared.faults.writes();
}

std::uint64_t FakeEngine::lists() const { return calls("container_list"); }

std::uint64_t FakeEngine::total() const {
  const Lock lock(state_->shared.mutex);
  return state_->shared.faults.total();
}

std::map<std::string, std::uint64_t> FakeEngine::calls_by_operation() const {
  const Lock lock(state_->shared.mutex);
  return state_->shared.faults.by_operation();
}

void FakeEngine::reset_counters() {
  const Lock lock(state_->shared.mutex);
  state_->shared.faults.reset();
}

bool FakeEngine::wait_until(const std::function<bool()>& condition) const {
  Lock lock(state_->shared.mutex);
  return state_->shared.changed.wait_for(lock, std::chrono::seconds(30), condition);
}

void FakeEngine::after_each_write(std::function<void(const std::string&)> hook) {
  const Lock lock(state_->shared.mutex);
  state_->shared.after_write = std::move(hook);
}

void FakeEngine::fail(const std::string& operation, int status, const std::string& message, int count) {
  const Lock lock(state_->shared.mutex);
  state_->shared.faults.fail(operation, {status, message}, count);
}

void FakeEngine::cut_before_effect(const std::string& operation, int count) {
  const Lock lock(state_->shared.mutex);
  state_->shared.faults.cut_before(operation, count);
}

void FakeEngine::cut_after_effect(const std::string& operation, int count) {
  const Lock lock(state_->shared.mutex);
  state_->shared.faults.cut_after(operation, count);
}

void FakeEngine::hang(const std::string& operation, int count) {
  const Lock lock(state_->shared.mutex);
  state_->shared.faults.hang(operation, count);
}

void FakeEngine::release(const std::string& operation) {
  state_->apply([&](World&) { state_->shared.faults.release(operation); });
}

void FakeEngine::go_away() {
  Server& server = state_->server;
  state_->loop.run_and_wait([&server] { return server.close(); });
}

void FakeEngine::come_back() {
  Server& server = state_->server;
  state_->loop.run_and_wait([&server] { return open_server(server); });
}

void FakeEngine::cut_events() {
  state_->apply([&](World&) { ++state_->shared.event_cuts; });
}

void FakeEngine::deliver_events(EventDelivery delivery) {
  state_->apply([&](World&) { state_->shared.delivery = delivery; });
}

void FakeEngine::run(const std::string& name, const Json& create_body) {
  state_->apply([&](World& world) {
    world.create_container(name, create_body, world.max_minor());
    world.start_container(name);
  });
}

void FakeEngine::start(const std::string& name) {
  state_->apply([&](World& world) { world.start_container(name); });
}

void FakeEngine::kill(const std::string& name, const std::string& signal) {
  state_->apply([&](World& world) { world.kill_container(name, signal); });
}

void FakeEngine::stop(const std::string& name) {
  state_->apply([&](World& world) { world.stop_container(name, ""); });
}

void FakeEngine::pause(const std::string& name) {
  state_->apply([&](World& world) { world.pause_container(name); });
}

void FakeEngine::unpause(const std::string& name) {
  state_->apply([&](World& world) { world.unpause_container(name); });
}

void FakeEngine::remove(const std::string& name) {
  state_->apply([&](World& world) { world.remove_container(name, World::Removal::Force); });
}

void FakeEngine::rename(const std::string& name, const std::string& new_name) {
  state_->apply([&](World& world) { world.rename_container(name, new_name); });
}

void FakeEngine::update(const std::string& name, const Json& resources) {
  state_->apply([&](World& world) { world.update_container(name, resources); });
}

void FakeEngine::disconnect(const std::string& network, const std::string& name) {
  state_->apply([&](World& world) { world.disconnect_network(network, name); });
}

void FakeEngine::connect(const std::string& network, const std::string& name) {
  state_->apply([&](World& world) { world.connect_network(network, name, nullptr, world.max_minor()); });
}

void FakeEngine::lose_endpoint(const std::string& network, const std::string& name) {
  state_->apply([&](World& world) { world.network(network).lost.insert(name); });
}

void FakeEngine::create_network(const Json& body) {
  state_->apply([&](World& world) { world.create_network(body, world.max_minor()); });
}

void FakeEngine::remove_network(const std::string& name) {
  state_->apply([&](World& world) { world.remove_network(name); });
}

void FakeEngine::create_volume(const Json& body) {
  state_->apply([&](World& world) { world.create_volume(body); });
}

void FakeEngine::remove_volume(const std::string& name) {
  state_->apply([&](World& world) { world.remove_volume(name); });
}

void FakeEngine::exit(const std::string& name, int code) {
  state_->apply([&](World& world) { world.exit_container(name, code); });
}

void FakeEngine::set_health(const std::string& name, const std::string& status) {
  state_->apply([&](World& world) { world.set_health(name, status); });
}

void FakeEngine::add_image(const std::string& reference, const std::string& content) {
  state_->apply([&](World& world) { world.add_image(reference, content); });
}

void FakeEngine::set_image_volumes(const std::string& reference, std::set<std::string> paths) {
  state_->apply([&](World& world) { world.set_image_volumes(reference, std::move(paths)); });
}

void FakeEngine::remove_image(const std::string& reference) {
  state_->apply([&](World& world) { world.remove_image(reference); });
}

void FakeEngine::add_to_registry(const std::string& reference, const std::string& content) {
  state_->apply([&](World& world) { world.publish(reference, content); });
}

void FakeEngine::on_start(const std::string& image, StartBehaviour behaviour) {
  state_->apply([&](World& world) { world.set_behaviour(image, std::move(behaviour)); });
}

std::vector<std::string> FakeEngine::containers() const {
  return state_->read([](const World& world) {
    std::set<std::string> names;
    for (const auto& [id, container] : world.containers) names.insert(container->name);
    return std::vector<std::string>(names.begin(), names.end());
  });
}

std::vector<std::string> FakeEngine::running() const {
  return state_->read([](const World& world) {
    std::set<std::string> names;
    for (const auto& [id, container] : world.containers) {
      if (container->running()) names.insert(container->name);
    }
    return std::vector<std::string>(names.begin(), names.end());
  });
}

std::vector<std::string> FakeEngine::networks() const {
  return state_->read([](const World& world) {
    std::multiset<std::string> names;
    for (const auto& [id, network] : world.networks) names.insert(network.name);
    return std::vector<std::string>(names.begin(), names.end());
  });
}

std::vector<std::string> FakeEngine::volumes() const {
  return state_->read([](const World& world) {
    std::vector<std::string> names;
    for (const auto& [name, volume] : world.volumes) names.push_back(name);
    return names;
  });
}

Json FakeEngine::inspect(const std::string& name) const {
  return state_->read([&](const World& world) {
    const FakeContainer* found = world.find_container(name);
    return found == nullptr ? Json(nullptr) : world.view_container(*found, world.max_minor());
  });
}

Json FakeEngine::create_body(const std::string& name) const {
  return state_->read([&](const World& world) {
    const FakeContainer* found = world.find_container(name);
    return found == nullptr ? Json(nullptr) : found->body;
  });
}

Json FakeEngine::inspect_network(const std::string& name) const {
  return state_->read([&](const World& world) {
    const FakeNetwork* found = world.find_network(name);
    return found == nullptr ? Json(nullptr) : world.view_network(*found, world.max_minor());
  });
}

Json FakeEngine::inspect_volume(const std::string& name) const {
  return state_->read(
      [&](const World& world) { return world.volumes.contains(name) ? world.view_volume(name) : Json(nullptr); });
}

std::map<std::string, FakeFile> FakeEngine::files(const std::string& name) const {
  return state_->read([&](const World& world) {
    const FakeContainer* found = world.find_container(name);
    return found == nullptr ? std::map<std::string, FakeFile>{} : found->files;
  });
}

std::string FakeEngine::image_id(const std::string& reference) const {
  return state_->read([&](const World& world) {
    const FakeImage* found = world.find_image(reference);
    return found == nullptr ? std::string() : found->id;
  });
}

std::string FakeEngine::last_auth() const {
  const Lock lock(state_->shared.mutex);
  return state_->shared.last_auth;
}

}  // namespace berth::fake_engine
