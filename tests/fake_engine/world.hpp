// SPDX-License-Identifier: Apache-2.0
#pragma once
// What exists on the fake engine, with the rules of the real one: pure state, no sockets, no threads. A call that
// the engine would refuse throws Refused.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fake_engine/event_log.hpp"
#include "tests/fake_engine/objects.hpp"

namespace berth::fake_engine {

class World {
 public:
  explicit World(Flavour flavour);

  // Containers, by name, id or a prefix of the id. `minor` is that of the version which the call was made at.
  std::string create_container(const std::string& name, const Json& body, int minor);
  void start_container(const std::string& key);  // false-like answers are Refused{304}
  void stop_container(const std::string& key, const std::string& signal);
  void kill_container(const std::string& key, const std::string& signal);
  void pause_container(const std::string& key);
  void unpause_container(const std::string& key);
  void rename_container(const std::string& key, const std::string& name);
  void update_container(const std::string& key, const Json& resources);
  enum class Removal { Stopped, Force };
  void remove_container(const std::string& key, Removal removal);
  // And the volumes that were made for it alone, as `v=1` asks.
  void remove_container_and_volumes(const std::string& key, Removal removal);
  void exit_container(const std::string& key, int code);
  void set_health(const std::string& key, const std::string& status);
  FakeContainer& container(const std::string& key);
  const FakeContainer* find_container(const std::string& key) const;

  // Images.
  void add_image(const std::string& reference, const std::string& content);
  void publish(const std::string& reference, const std::string& content);
  void set_behaviour(const std::string& reference, StartBehaviour behaviour);
  // With a platform, what was published as "reference linux/arm64" comes first.
  std::string pull_image(const std::string& reference, const std::string& platform = "");  // its digest
  std::string import_image(const std::string& reference, const std::string& content);
  JsonArray remove_image(const std::string& reference);
  const FakeImage* find_image(const std::string& reference) const;

  // Networks and volumes.
  std::string create_network(const Json& body, int minor);
  void remove_network(const std::string& key);
  void connect_network(const std::string& key, const std::string& container, const Json& settings, int minor);
  enum class Disconnect { Known, Force };  // Force: also an endpoint whose container is no more
  void disconnect_network(const std::string& key, const std::string& container, Disconnect how = Disconnect::Known);
  FakeNetwork& network(const std::string& key);
  FakeNetwork* find_network(const std::string& key);
  const FakeNetwork* find_network(const std::string& key) const;
  void set_image_volumes(const std::string& reference, std::set<std::string> paths) {
    image(reference).volumes = std::move(paths);
  }
  const std::string& create_volume(const Json& body);
  void remove_volume(const std::string& name);

  // Views, in view_*.cpp.
  Json view_container(const FakeContainer& container, int minor) const;
  Json view_container_row(const FakeContainer& container, int minor) const;
  Json view_image(const FakeImage& image, int minor) const;
  Json view_image_row(const FakeImage& image, int minor) const;
  Json view_network(const FakeNetwork& network, int minor) const;
  Json view_volume(const std::string& name) const;
  Json view_info() const;
  Json view_version() const;
  Json view_event(const Event& event, int minor) const;

  Flavour flavour() const { return flavour_; }
  bool is_29() const { return flavour_ == Flavour::Engine29; }
  int max_minor() const { return is_29() ? 55 : 41; }
  int min_minor() const { return is_29() ? 40 : 12; }
  // The code for a mistake of the client: 20.10 says 500, 29 says 400.
  int mistake() const { return is_29() ? 400 : 500; }

  EventLog events;
  std::map<std::string, std::unique_ptr<FakeContainer>> containers;  // by id
  std::map<std::string, FakeImage> images;                           // by id
  std::map<std::string, FakeNetwork> networks;                       // by id
  std::map<std::string, FakeVolume> volumes;                         // by name

 private:
  std::string fresh_id();
  std::string image_id_for(const std::string& reference, const std::string& content) const;
  FakeImage& tag(const std::string& reference, const std::string& content);
  FakeImage& image(const std::string& reference);
  void check_create(const Json& body, int minor) const;
  void check_mount(const Json& mount, int minor) const;
  void bind_namespaces(FakeContainer& container) const;
  void check_namespaces(const FakeContainer& container) const;
  void make_anonymous_volumes(FakeContainer& container, const FakeImage& image);
  void attach_at_create(FakeContainer& container, const Json& body, int minor);
  void check_ports_free(FakeContainer& container);
  void join_networks(FakeContainer& container);
  void leave_networks(FakeContainer& container);
  void begin(FakeContainer& container);
  enum class StopEvent { None, Stop };
  void end(FakeContainer& container, int code, StopEvent stop);
  void raise(const FakeContainer& container, const std::string& action, std::map<std::string, std::string> more = {});
  void raise(const FakeNetwork& network, const std::string& action, const std::string& container = "");

  Flavour flavour_;
  std::uint64_t next_id_ = 1;
  int next_subnet_ = 18;
  int next_port_ = 32768;
  std::map<std::string, std::string> registry_;       // reference to content
  std::map<std::string, StartBehaviour> behaviours_;  // by reference
};

// "web" is "web:latest"; digests and ids stay as they are.
std::string with_tag(const std::string& reference);
// "2026-01-02T03:04:05.000000006Z"; "0001-01-01T00:00:00Z" for 0.
std::string engine_time(std::int64_t nano);

}  // namespace berth::fake_engine
