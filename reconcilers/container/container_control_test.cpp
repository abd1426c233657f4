// SPDX-License-Identifier: Apache-2.0
// The whole loop: store watch, queue, reconcilers, engine events. Nobody drives a pass by hand here.
#include <thread>

#include "controller/controller.hpp"
#include "reconcilers/pass/wakes.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;
using testing::World;
using Names = std::vector<std::string>;

// The loops over a world that the fixture has made; real time, because the loops wait for real things.
class Control {
 public:
  explicit Control(World& over, controller::ControllerOptions given = {})
      : world(over), options(given), wakes(*over.resources) {
    world.loop.run_and_wait([this] { return begin(); });
  }
  ~Control() {
    world.loop.run_and_wait([this] { return end(); });
  }
  void wake(const std::string& name) { containers->wake({"default", name}); }

 private:
  Task<void> begin() {
    const base::Executor loop = world.loop.executor();
    // Another set of engines than the fixture's: its listener must be there before the first entry.
    engines->listen([this](const docker::EngineChange& change) { wakes.on_change(change); });
    pulls.emplace(*world.resources, base::real_clock(), loop,
                  [this](controller::Key key) { wakes.wake_container(key); });
    containers.emplace(std::make_unique<ContainerReconciler>(*world.resources, *engines, *pulls, world.between,
                                                             base::real_clock(), loop),
                       *world.resources, base::real_clock(), world.metrics, loop, options);
    hosts.emplace(std::make_unique<HostReconciler>(*world.resources, *engines, world.ssh, base::real_clock(), loop),
                  *world.resources, base::real_clock(), world.metrics, loop);
    wakes.join_hosts(&*hosts);
    wakes.join("Container", &*containers, world.between.names);
    hosts->start();
    containers->start();
    co_return;
  }
  Task<void> end() {
    co_await containers->stop();
    co_await hosts->stop();
    co_await pulls->stop();
    co_await engines->shutdown();
  }

  World& world;
  controller::ControllerOptions options;
  Wakes wakes;
  std::unique_ptr<docker::Engines> engines = docker::Engines::make(world.metrics, base::real_clock(), {});
  std::optional<Pulls> pulls;
  std::optional<controller::Controller> containers;
  std::optional<controller::Controller> hosts;
};

class ControlTest : public ::testing::Test {
 protected:
  // Until the object says so; it is watched, not polled.
  void wait_ready(const std::string& name, const std::string& wanted) {
    world.loop.run_and_wait([&] { return wait_task(name, wanted); });
    EXPECT_EQ(world.condition("Ready", name), wanted);
  }
  Task<void> wait_task(std::string name, std::string wanted) {
    const auto watch = world.resources->watch(testing::kind_named("Container"), "default",
                                              {.field_selector = "metadata.name=" + name}, world.loop.executor());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      for (const auto& event : co_await watch->next_for(std::chrono::seconds(5))) {
        const schemas::Container seen = schemas::decode_container(event.object.parse());
        const schemas::Condition* ready = find_condition(seen.status.conditions, "Ready");
        if (ready && ready->status + " " + ready->reason == wanted &&
            ready->observed_generation == seen.metadata.generation) {
          co_return;
        }
      }
    }
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(ControlTest, DeclaredRunsAndDriftIsRepairedByEvents) {
  Control control(world);
  world.create("web");
  wait_ready("web", "True Running");
  using Make = void (*)(fake_engine::FakeEngine&);
  for (const Make make : {Make([](fake_engine::FakeEngine& at) { at.kill("web"); }),
                          Make([](fake_engine::FakeEngine& at) { at.stop("web"); }),
                          Make([](fake_engine::FakeEngine& at) { at.pause("web"); }),
                          Make([](fake_engine::FakeEngine& at) { at.rename("web", "other"); }),
                          Make([](fake_engine::FakeEngine& at) { at.disconnect("bridge", "web"); }),
                          Make([](fake_engine::FakeEngine& at) { at.remove("web"); })}) {
    make(engine);
    EXPECT_TRUE(engine.wait_until([&] {
      const base::Json now = engine.inspect("web");
      return base::string_at(now, "State.Status") == "running" &&
             base::find_path(now, "NetworkSettings.Networks.bridge");
    }));
  }
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  wait_ready("web", "True Running");
  EXPECT_EQ(engine.containers(), Names{"web"});
  world.remove("web");
  EXPECT_TRUE(engine.wait_until([&] { return engine.containers().empty(); }));
}

TEST_F(ControlTest, WhoWaitsForAnotherIsWokenByWhatBecomesOfIt) {
  Control control(world);
  world.create("web", R"({"dependsOn":[{"containerRef":{"name":"db"},"condition":"Healthy"}]})");
  world.create("in", R"({"containerRef":{"name":"db"}})");
  wait_ready("web", "False WaitingForDependencies");
  world.create("db", R"({"healthcheck":{"test":["CMD","true"]},"onUnhealthy":"Restart"})");
  wait_ready("in", "True Running");
  engine.set_health("db", "healthy");
  wait_ready("web", "True Running");
  engine.reset_counters();
  engine.set_health("db", "unhealthy");
  EXPECT_TRUE(engine.wait_until([&] { return engine.calls("container_restart") == 2; }))
      << "it is restarted for its health, and who shares its network after it";
}

TEST_F(ControlTest, SlowStopsKeepNobodyElseFromEnding) {
  Control control(world);
  constexpr std::size_t kSlow = ContainerActions::kRemovalsPerNetwork;
  for (std::size_t i = 0; i <= kSlow; ++i) {
    world.create("web" + std::to_string(i));
    wait_ready("web" + std::to_string(i), "True Running");
  }
  engine.hang("container_stop", static_cast<int>(kSlow));
  for (std::size_t i = 0; i < kSlow; ++i) world.remove("web" + std::to_string(i));
  EXPECT_TRUE(engine.wait_until([&] { return engine.calls("container_stop") == kSlow; }));
  world.remove("web" + std::to_string(kSlow));
  EXPECT_TRUE(engine.wait_until([&] { return engine.containers().size() == kSlow; }));
  engine.release("container_stop");
  EXPECT_TRUE(engine.wait_until([&] { return engine.containers().empty(); }));
}

TEST_F(ControlTest, AHostWhoseStopsAreSlowHoldsUpNoOther) {
  fake_engine::FakeEngine slow;
  world.create_object("Host", R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"slow"},)"
                              R"("spec":{"local":{"socket":")" +
                                  slow.socket_path() + R"("}}})");
  constexpr int kPlaces = 2;
  Control control(world, {.places = kPlaces});
  for (int i = 0; i < 2 * kPlaces; ++i) {
    world.create("slow" + std::to_string(i), R"({"host":"slow"})");
    wait_ready("slow" + std::to_string(i), "True Running");
  }
  world.create("web");
  wait_ready("web", "True Running");
  slow.hang("container_stop", 2 * kPlaces);
  for (int i = 0; i < 2 * kPlaces; ++i) world.remove("slow" + std::to_string(i));
  EXPECT_TRUE(slow.wait_until([&] { return slow.calls("container_stop") == kPlaces; }));
  world.remove("web");
  EXPECT_TRUE(engine.wait_until([&] { return engine.containers().empty(); }));
  EXPECT_EQ(slow.containers().size(), 2u * kPlaces) << "they are still being stopped";
  slow.release("container_stop");
  EXPECT_TRUE(slow.wait_until([&] { return slow.containers().empty(); }));
}

TEST_F(ControlTest, WhatIsUnderWayAtTheEndHasAnOutcome) {
  {
    Control control(world);
    world.create("web");
    wait_ready("web", "True Running");
    engine.hang("container_stop");
    world.remove("web");
    EXPECT_TRUE(engine.wait_until([&] { return engine.calls("container_stop") == 1; }));
  }
  engine.release("container_stop");
  const std::string audit = world.audit_text();
  EXPECT_NE(audit.find(R"("action":"stop")"), std::string::npos);
  std::size_t open = 0;
  for (std::size_t at = 0; (at = audit.find(R"("phase":")", at)) != std::string::npos; ++at) {
    audit.compare(at + 9, 6, "intent") == 0 ? ++open : --open;
  }
  EXPECT_EQ(open, 0u);
}

TEST_F(ControlTest, WaitsForANameAndIsWokenWhenItIsFree) {
  const base::Json foreign = base::parse_json(R"({"Image":"busybox:latest"})");
  for (const char* name : {"special", "web"}) engine.run(name, foreign);
  Control control(world);
  world.create("one", R"({"containerName":"special"})");
  world.create("web");
  wait_ready("one", "False NameConflict");
  wait_ready("web", "False NameConflict");
  engine.remove("special");
  wait_ready("one", "True Running");
  engine.rename("web", "else");
  wait_ready("web", "True Running");
  EXPECT_EQ(engine.containers(), (Names{"else", "special", "web"}));
}

TEST_F(ControlTest, WaitsForASecretAndIsWokenByIt) {
  Control control(world);
  world.create("web", R"({"env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]})");
  wait_ready("web", "False ReferencesMissing");
  world.create_object("Secret",
                      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"data":{"password":"eA=="}})");
  wait_ready("web", "True Running");
}

TEST_F(ControlTest, ImageThatIsPulledWakesItsContainer) {
  engine.add_to_registry("app:1");
  Control control(world);
  world.create("web", R"({"image":"app:1"})");
  wait_ready("web", "True Running");
  EXPECT_EQ(engine.calls("image_pull"), 1u);
}

TEST_F(ControlTest, EngineThatComesBackIsTakenUpAgain) {
  Control control(world);
  world.create("web");
  wait_ready("web", "True Running");
  engine.go_away();
  world.patch("web", R"({"spec":{"stopTimeout":7}})");  // what is new says so at once
  wait_ready("web", "Unknown HostUnreachable");
  engine.come_back();
  wait_ready("web", "True Running");
}

TEST_F(ControlTest, FailingStartIsRetriedWithoutAStorm) {
  engine.on_start("busybox:latest", {"", {}, 500, "port is already allocated"});
  Control control(world);
  world.create("web");
  wait_ready("web", "False StartFailed");
  EXPECT_TRUE(engine.wait_until([&] { return engine.calls("container_start") >= 3; }));
  // The third start comes 200 and 400 ms after the first two; a storm would have made hundreds meanwhile.
  EXPECT_LE(engine.calls("container_start"), 4u);
  EXPECT_EQ(engine.calls("container_create"), 1u);
}

TEST_F(ControlTest, ForcedResyncsOfWhatIsConvergedWriteNothing) {
  Control control(world);
  for (int i = 0; i < 5; ++i) world.create("web" + std::to_string(i));
  for (int i = 0; i < 5; ++i) wait_ready("web" + std::to_string(i), "True Running");
  const std::uint64_t writes = engine.writes();
  const store::Revision revision = world.resources->revision();
  base::Counter passes =
      world.metrics.counter("berth_reconcile_total", "Passes of a reconciler.", {{"controller", "container"}});
  for (int round = 0; round < 20; ++round) {
    const double before = passes.value();
    for (int i = 0; i < 5; ++i) control.wake("web" + std::to_string(i));
    while (passes.value() < before + 5) std::this_thread::yield();
  }
  EXPECT_EQ(engine.writes(), writes);
  EXPECT_EQ(world.resources->revision(), revision);
}

}  // namespace
}  // namespace berth::reconcilers
