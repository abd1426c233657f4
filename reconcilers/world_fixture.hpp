// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this room's tests share: Resources over a memory store, a fake engine at the wire, and the reconcilers driven
// by hand, pass by pass, so that each test says what the world is and what it has become. For tests.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/post.hpp>
#include <filesystem>

#include "base/log.hpp"
#include "reconcilers/container/container_reconciler.hpp"
#include "reconcilers/host/host_reconciler.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/pass/names.hpp"
#include "store/memory_store.hpp"
#include "tests/fake_engine/fake_engine.hpp"
#include "tests/fake_engine/on_loop.hpp"

namespace berth::reconcilers::testing {

using base::Json;
using base::Task;
using controller::Key;
using controller::Requeue;
using fake_engine::Flavour;

inline const schemas::Kind& kind_named(std::string_view name) { return schemas::Catalog::instance().by_name(name); }

class World {
 public:
  explicit World(Flavour flavour = Flavour::Engine20, std::unique_ptr<store::Store> store = store::make_memory_store())
      : store_(std::move(store)), engine({"", flavour, {"busybox:latest"}}) {
    base::set_log_level(base::LogLevel::Error);
    clock.advance(std::chrono::system_clock::now() - clock.now());  // the engine's stamps are of real time
    engine.after_each_write(
        [this](const std::string&) { most_running = std::max(most_running, engine.running().size()); });
    loop.run_and_wait([this] { return begin(); });
  }
  ~World() {
    engine.release("container_stop");
    loop.run_and_wait([this] { return end(); });
    std::filesystem::remove_all(dir_);
  }

  // Objects. `spec` is JSON text with what differs from {host: local, image: busybox}.
  void create(const std::string& name, const std::string& spec = "{}", const std::string& annotations = "{}") {
    Json object = base::parse_json(
        R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{},"spec":{"host":"local","image":"busybox"}})");
    object.at("metadata").as_object()["name"] = name;
    object.at("metadata").as_object()["annotations"] = base::parse_json(annotations);
    const Json more = base::parse_json(spec);
    for (const auto& [key, value] : more.as_object()) object.at("spec").as_object()[key] = value;
    write([&] { return resources->create(user, kind_named("Container"), "default", {object, {}}, {}); });
  }
  void create_object(const std::string& kind, const std::string& text) {
    const std::string ns = kind_named(kind).namespaced ? "default" : "";
    write([&] { return resources->create(user, kind_named(kind), ns, base::parse_json_reporting(text), {}); });
  }
  void patch(const std::string& name, const std::string& merge, const std::string& kind = "Container") {
    const std::string ns = kind_named(kind).namespaced ? "default" : "";
    write([&] {
      return resources->patch(user, kind_named(kind), ns, name, resources::Part::Main, resources::PatchType::Merge,
                              base::parse_json_reporting(merge), {});
    });
  }
  void remove(const std::string& name, const std::string& kind = "Container") {
    const std::string ns = kind_named(kind).namespaced ? "default" : "";
    write([&] { return resources->remove(user, kind_named(kind), ns, name, {}); });
  }
  Json get(const std::string& name, const std::string& kind = "Container") {
    return resources->get(kind_named(kind), kind_named(kind).namespaced ? "default" : "", name).parse();
  }
  bool exists(const std::string& name) { return resources->find(kind_named("Container"), "default", name).has_value(); }
  schemas::ContainerStatus status(const std::string& name = "web") {
    return schemas::decode_container(get(name)).status;
  }
  // "True Running"
  std::string condition(const std::string& type, const std::string& name = "web") {
    const schemas::ContainerStatus all = status(name);
    const schemas::Condition* found = find_condition(all.conditions, type);
    return found ? found->status + " " + found->reason : "absent";
  }
  std::string message(const std::string& type, const std::string& name = "web") {
    const schemas::ContainerStatus all = status(name);
    const schemas::Condition* found = find_condition(all.conditions, type);
    return found ? found->message : "absent";
  }
  std::vector<std::string> event_reasons(const std::string& name = "web") {
    std::vector<std::string> reasons;
    for (const Json& event : list("Event")) {
      if (base::string_at(event, "involvedObject.name") == name) reasons.emplace_back(base::string_at(event, "reason"));
    }
    std::ranges::sort(reasons);
    return reasons;
  }
  std::vector<Json> list(const std::string& kind) {
    std::vector<Json> all;
    loop.run_and_wait([&] { return list_into(kind, all); });
    return all;
  }

  void add_network(const std::string& name) {
    loop.run_and_wait([&] { return add_network_task(name); });
  }

  // Passes, with the snapshot as the engine is, until nothing is left to do or a pass throws. Time passes where a
  // pass asks for it. A fresh reconciler each time: nothing may depend on what the last one remembered.
  std::optional<base::Status> settle(const std::string& name = "web") {
    std::optional<base::Status> error;
    loop.run_and_wait([&] { return settle_task({"default", name}, error); });
    return error;
  }
  // Passes through errors, as the queue would.
  void settle_through_errors(const std::string& name = "web", int most = 20) {
    for (int i = 0; i < most; ++i) {
      if (!settle(name)) return;
    }
    ADD_FAILURE() << "still failing after " << most << " rounds";
  }
  // One pass.
  Requeue pass(const std::string& name = "web") {
    Requeue again = Requeue::never();
    fake_engine::on_loop(loop, pass_task({"default", name}, again));
    return again;
  }
  void reconcile_host(const std::string& name) { fake_engine::on_loop(loop, host_task(name)); }
  // Waits for the engine's entry to see the engine come or go.
  void wait_for(docker::Reachability reachable) {
    loop.run_and_wait([&] { return wait_task(reachable); });
  }
  // Waits until no pull runs and all is told of those that did.
  void wait_for_pulls() {
    loop.run_and_wait([this] { return pulls_task(); });
  }
  // Waits until a pull has woken those who wait for it once more than when `act` began.
  template <class Act>
  void until_woken_after(Act act) {
    const int wakes = wakes_;
    act();
    loop.run_and_wait([&] { return woken_task(wakes); });
  }
  void refresh() {
    loop.run_and_wait([this] { return refresh_task(); });
  }

  // A pass over a settled object: no call to the engine, no write to the store.
  void expect_steady(const std::string& name = "web") {
    refresh();
    const std::uint64_t calls = engine.total();
    const store::Revision revision = resources->revision();
    const std::size_t records = audit_records();
    pass(name);
    EXPECT_EQ(engine.total(), calls) << "a converged pass calls nobody";
    EXPECT_EQ(resources->revision(), revision) << "a converged pass writes nothing";
    EXPECT_EQ(audit_records(), records);
  }
  std::size_t audit_records() { return store_->read_journal("audit", 1, 1'000'000).size(); }
  std::string audit_text() {
    std::string text;
    for (const auto& record : store_->read_journal("audit", 1, 1'000'000)) text += record.bytes + "\n";
    return text;
  }

 private:
  static std::filesystem::path fresh_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-reconcilers-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  template <class Make>
  void write(Make make) {
    loop.run_and_wait([&] { return drop(make()); });
  }
  static Task<void> drop(Task<resources::Written> task) { co_await std::move(task); }

  Task<void> add_network_task(std::string name) {
    const Json body = base::JsonObject{{"Name", name}};
    co_await engines->find("local")->client().create_network(body);
    engine.reset_counters();
  }
  Task<void> begin() {
    co_await resources->bootstrap("test");
    engines->listen([this](const docker::EngineChange&) { changed_->notify(); });
    changed_.emplace(loop.executor());
    pulled_.emplace(loop.executor());
    pulls.emplace(*resources, clock, loop.executor(), [this](Key) {
      ++wakes_;
      pulled_->notify();
    });
    hosts.emplace(*resources, *engines, ssh, clock, loop.executor());
    Json host = base::parse_json(
        R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"local"},"spec":{"local":{}}})");
    host.at("spec").at("local").as_object()["socket"] = engine.socket_path();
    co_await resources->create(user, kind_named("Host"), "", {host, {}}, {});
    co_await hosts->reconcile({"", "local"});
    co_await wait_task(docker::Reachability::Reachable);
    co_await hosts->reconcile({"", "local"});
  }
  Task<void> end() {
    co_await pulls->stop();
    co_await engines->shutdown();
    co_await ssh.stop();
  }
  Task<void> list_into(std::string kind, std::vector<Json>& all) {
    const resources::ListPage page = co_await resources->list(kind_named(kind), "", {});
    for (const auto& object : page.items) all.push_back(object.parse());
  }
  Task<void> wait_task(docker::Reachability reachable) {
    while (engines->find("local")->state().reachable != reachable) {
      if (reachable == docker::Reachability::Reachable) clock.advance(std::chrono::seconds(2));  // its backoff
      co_await changed_->wait_for(std::chrono::milliseconds(20));
    }
  }
  Task<void> pulls_task() {
    // One that nobody wants any more tells nobody of its end, and Events are written after those who wait are woken.
    while (!pulls->idle()) co_await pulled_->wait_for(std::chrono::milliseconds(20));
  }
  Task<void> woken_task(int wakes) {
    while (wakes_ == wakes) co_await pulled_->wait_for(std::chrono::milliseconds(20));
  }
  Task<void> refresh_task() {
    const auto entry = engines->find("local");
    if (!entry || entry->state().reachable != docker::Reachability::Reachable) co_return;
    docker::SnapshotPtr seen = co_await entry->resync();
    std::vector<std::string> ids;
    for (const auto& [id, view] : seen->containers) ids.push_back(id);
    for (const std::string& id : ids) co_await entry->refresh_container(id);
    co_await entry->refresh_networks();
    co_await entry->refresh_volumes();
    co_await entry->refresh_images();
  }
  Task<void> pass_task(Key key, Requeue& again) {
    ContainerReconciler reconciler(*resources, *engines, *pulls, between, clock, loop.executor());
    again = co_await reconciler.reconcile(key);
  }
  Task<void> settle_task(Key key, std::optional<base::Status>& error) {
    for (int i = 0; i < 100; ++i) {
      co_await refresh_task();
      const int wakes = wakes_;
      Requeue again = Requeue::never();
      std::exception_ptr thrown;
      try {
        co_await pass_task(key, again);
      } catch (...) {
        thrown = std::current_exception();
      }
      if (thrown) {
        error = base::to_status(thrown);
        co_return;
      }
      co_await pulls_task();
      if (wakes_ != wakes) continue;
      if (!again.delay() || *again.delay() >= std::chrono::seconds(30)) co_return;
      clock.advance(*again.delay());
    }
    ADD_FAILURE() << "never settles";
  }
  Task<void> host_task(std::string name) { co_await hosts->reconcile({"", name}); }

  const std::filesystem::path dir_ = fresh_dir();
  std::optional<base::Signal> changed_;
  std::optional<base::Signal> pulled_;
  int wakes_ = 0;
  std::unique_ptr<store::Store> store_;
  store::KeyRing keys_ = store::KeyRing::open(dir_ / "keys", true);

 public:
  const resources::Caller user{"alice", {"system:masters"}, "certificate", "192.0.2.7:51234", "req-1"};
  std::size_t most_running = 0;  // containers at one time, after any write
  base::FakeClock clock;
  base::Metrics metrics;
  fake_engine::FakeEngine engine;
  base::Loop loop{"control"};
  std::unique_ptr<resources::Resources> resources =
      resources::Resources::make({store_.get(), &keys_, &clock, &metrics});
  docker::SshHub ssh{loop.executor(), metrics};
  std::unique_ptr<docker::Engines> engines = docker::Engines::make(metrics, clock, {});
  BetweenPasses between;
  std::optional<Pulls> pulls;
  std::optional<HostReconciler> hosts;
};

}  // namespace berth::reconcilers::testing
