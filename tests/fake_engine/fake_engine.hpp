// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Docker engine for tests: it speaks the Engine API on a unix socket, keeps containers, images, networks and
// volumes in memory with the state rules of the real one, counts calls and injects faults. Include it as
// "tests/fake_engine/fake_engine.hpp". Every method may be called from any thread but the loop that it serves on; they
// take effect at once and raise the events that the real engine would.
//
// Operations, for counters and faults: ping version info events; container_ list inspect create start stop restart
// kill pause unpause rename update remove wait archive; image_ list inspect pull import remove; network_ list inspect
// create remove connect disconnect; volume_ list inspect create remove.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/scope.hpp"

namespace berth::fake_engine {

using base::Json;

// Answers as 20.10.24 (API 1.41) or as 29.7.2 (API 1.55) do where they differ.
enum class Flavour { Engine20, Engine29 };

struct FakeEngineOptions {
  std::string socket_path;  // "" for one in a fresh folder, removed at the end
  Flavour flavour = Flavour::Engine20;
  std::vector<std::string> images{"busybox:latest"};  // on the engine from the start
};

// What a container of an image does when it is started.
struct StartBehaviour {
  std::string health;            // with a healthcheck: "healthy" or "unhealthy" at once; "" stays "starting"
  std::optional<int> exit_code;  // ends at once with this code
  int fail_status = 0;           // the start is refused with this and the message; the container stays "created"
  std::string fail_message;
};

struct FakeFile {
  std::string content;
  int mode = 0;
  bool operator==(const FakeFile&) const = default;
};

class FakeEngine {
 public:
  explicit FakeEngine(FakeEngineOptions options = {});  // on a loop of its own
  FakeEngine(base::Loop& loop, FakeEngineOptions options);
  ~FakeEngine();

  const std::string& socket_path() const;

  // Counters of the calls that arrived.
  std::uint64_t calls(const std::string& operation) const;
  std::uint64_t writes() const;  // every call that is no GET or HEAD
  std::uint64_t lists() const;   // container_list
  std::uint64_t total() const;
  std::map<std::string, std::uint64_t> calls_by_operation() const;
  void reset_counters();
  // Blocks until `condition`, which is tried after each call and change, is true. False after 30 s.
  bool wait_until(const std::function<bool()>& condition) const;
  // Called on the engine's loop after the effect of each write, before its answer.
  void after_each_write(std::function<void(const std::string& operation)> hook);

  // Faults: the next `count` calls of an operation. A failure with status 200 is an error inside a stream that began
  // well, as pulls end.
  void fail(const std::string& operation, int status, const std::string& message, int count = 1);
  void cut_before_effect(const std::string& operation, int count = 1);  // the connection dies, nothing happened
  void cut_after_effect(const std::string& operation, int count = 1);   // it happened, no answer comes
  // No answer until release(). "image_pull_layers": a pull tells how far it is, and then hangs.
  void hang(const std::string& operation, int count = 1);
  void release(const std::string& operation);  // lets the hung calls go on; those not yet arrived do not hang
  void go_away();                              // closes the socket and every connection; containers live on
  void come_back();
  void cut_events();  // ends every event stream; clients may open new ones
  // Lost: streams stay open (and new ones open), but nothing comes out of them any more.
  enum class EventDelivery { Normal, Lost };
  void deliver_events(EventDelivery delivery);

  // What a person does with the docker CLI. The name or id must exist.
  void run(const std::string& name, const Json& create_body);  // create and start
  void start(const std::string& name);
  void kill(const std::string& name, const std::string& signal = "KILL");
  void stop(const std::string& name);
  void pause(const std::string& name);
  void unpause(const std::string& name);
  void remove(const std::string& name);  // rm -f
  void rename(const std::string& name, const std::string& new_name);
  void update(const std::string& name, const Json& resources);
  void disconnect(const std::string& network, const std::string& name);
  void connect(const std::string& network, const std::string& name);
  // An endpoint stays whose container, of that name, is no more.
  void lose_endpoint(const std::string& network, const std::string& name);
  void create_network(const Json& body);
  void remove_network(const std::string& name);
  void create_volume(const Json& body);
  void remove_volume(const std::string& name);
  // The main process ends by itself. The restart policy applies, as on the engine.
  void exit(const std::string& name, int code);
  void set_health(const std::string& name, const std::string& status);

  // Images. Ids are derived from the reference and `content`, so another content is another image of the same name.
  void add_image(const std::string& reference, const std::string& content = "");
  void remove_image(const std::string& reference);
  void set_image_volumes(const std::string& reference, std::set<std::string> paths);  // its VOLUME lines
  // What pulls find. A reference that was never added here answers as a registry without it.
  void add_to_registry(const std::string& reference, const std::string& content = "");
  void on_start(const std::string& image, StartBehaviour behaviour);

  // What is there. Names without slash, sorted.
  std::vector<std::string> containers() const;
  std::vector<std::string> running() const;
  std::vector<std::string> networks() const;
  std::vector<std::string> volumes() const;
  Json inspect(const std::string& name) const;          // as GET /containers/{name}/json; null when absent
  Json create_body(const std::string& name) const;      // as it was sent
  Json inspect_network(const std::string& name) const;  // null when absent
  Json inspect_volume(const std::string& name) const;
  std::map<std::string, FakeFile> files(const std::string& name) const;  // by absolute path, from archive uploads
  std::string image_id(const std::string& reference) const;              // "" when absent
  std::string last_auth() const;                                         // X-Registry-Auth of the last pull

 private:
  struct State;
  void begin(base::Loop& loop, FakeEngineOptions options);
  std::unique_ptr<base::Loop> own_loop_;
  std::unique_ptr<State> state_;
};

}  // namespace berth::fake_engine
