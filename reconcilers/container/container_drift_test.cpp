// SPDX-License-Identifier: Apache-2.0
// What people do to a managed container with the docker CLI is undone.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

struct Drift {
  const char* name;
  std::function<void(fake_engine::FakeEngine&)> make;
  std::uint64_t creates = 0;  // containers made to repair it
};

const std::vector<Drift>& drifts() {
  using fake_engine::FakeEngine;
  static const std::vector<Drift> kDrifts = {
      {"Killed", [](FakeEngine& engine) { engine.kill("web"); }},
      {"Stopped", [](FakeEngine& engine) { engine.stop("web"); }},
      {"Paused", [](FakeEngine& engine) { engine.pause("web"); }},
      {"Renamed", [](FakeEngine& engine) { engine.rename("web", "other"); }},
      {"Removed", [](FakeEngine& engine) { engine.remove("web"); }, 1},
      {"Disconnected", [](FakeEngine& engine) { engine.disconnect("front", "web"); }},
      {"Connected", [](FakeEngine& engine) { engine.connect("bridge", "web"); }},
      {"LimitRaised",
       [](FakeEngine& engine) {
         engine.update("web", base::parse_json(R"({"Memory":268435456,"MemorySwap":536870912})"));
       }},
      {"PolicyEdited",
       [](FakeEngine& engine) { engine.update("web", base::parse_json(R"({"RestartPolicy":{"Name":"no"}})")); }},
      {"LimitAdded", [](FakeEngine& engine) { engine.update("web", base::parse_json(R"({"PidsLimit":50})")); }, 1},
      {"KilledAndRenamed",
       [](FakeEngine& engine) {
         engine.kill("web");
         engine.rename("web", "other");
       }},
  };
  return kDrifts;
}

class DriftTest : public ::testing::TestWithParam<std::tuple<Flavour, std::size_t>> {
 protected:
  World world{std::get<0>(GetParam())};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(All, DriftTest,
                         ::testing::Combine(::testing::Values(Flavour::Engine20, Flavour::Engine29),
                                            ::testing::Range<std::size_t>(0, drifts().size())),
                         [](const auto& at) {
                           return std::string(std::get<0>(at.param) == Flavour::Engine20 ? "Engine20" : "Engine29") +
                                  drifts()[std::get<1>(at.param)].name;
                         });

TEST_P(DriftTest, IsRepaired) {
  const Drift& drift = drifts()[std::get<1>(GetParam())];
  world.add_network("front");
  world.create("web", R"({"networks":[{"name":"front","aliases":["www"]}],"resources":{"memory":"64Mi"}})");
  ASSERT_FALSE(world.settle());
  world.expect_steady();
  const std::uint64_t creates = engine.calls("container_create");
  drift.make(engine);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.containers(), Names{"web"});
  const base::Json now = engine.inspect("web");
  EXPECT_EQ(base::string_at(now, "State.Status"), "running");
  EXPECT_EQ(base::int_at(now, "HostConfig.Memory"), 67108864);
  EXPECT_EQ(base::int_at(now, "HostConfig.PidsLimit"), 0);
  EXPECT_EQ(base::string_at(now, "HostConfig.RestartPolicy.Name"), "always");
  const auto& networks = now.at("NetworkSettings").at("Networks").as_object();
  EXPECT_EQ(networks.size(), 1u);
  EXPECT_TRUE(networks.contains("front"));
  EXPECT_EQ(engine.calls("container_create") - creates, drift.creates);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_LE(world.most_running, 1u);
  world.expect_steady();
}

class CrashTest : public ::testing::Test {
 protected:
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(CrashTest, IsTheEnginesToRestart) {
  world.create("web");
  world.settle();
  const std::uint64_t writes = engine.writes();
  engine.exit("web", 3);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.writes(), writes);
  EXPECT_EQ(world.status().restart_count, 1);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

// As the pass leaves it that sees the container between a crash and its next start.
void say_crashed(World& world) {
  const base::Json object = world.get("web");
  base::Json status = object.at("status");
  for (base::Json& condition : status.at("conditions").as_array()) {
    if (base::string_at(condition, "type") != "Ready") continue;
    condition.as_object()["status"] = "False";
    condition.as_object()["reason"] = "CrashLoop";
    condition.as_object()["message"] = "exited with code 3; the engine starts it again";
  }
  base::run(world.resources->set_status(resources::controller_caller("container"),
                                        schemas::Catalog::instance().by_name("Container"), "default", "web",
                                        std::string(base::string_at(object, "metadata.uid")), std::move(status)));
}

TEST_F(CrashTest, IsOverWhenItHasRunForASecond) {
  world.create("web");
  world.settle();
  engine.exit("web", 3);
  say_crashed(world);
  world.refresh();
  EXPECT_EQ(world.pass().delay(), std::chrono::seconds(1));
  EXPECT_EQ(world.condition("Ready"), "False CrashLoop") << "it runs, for as long as it does";
  EXPECT_EQ(world.message("Ready"), "exited with code 3; the engine starts it again");
  world.clock.advance(std::chrono::milliseconds(600));
  EXPECT_EQ(world.pass().delay(), std::chrono::milliseconds(400));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_F(CrashTest, MadeAgainByHandWithOurLabelsIsReplaced) {
  world.create("web");
  world.settle();
  base::Json body = engine.create_body("web");
  body.at("Labels").as_object()["berth.dev/spec-hash"] = "h1:somebody";
  engine.remove("web");
  engine.run("web", body);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(base::string_at(engine.inspect("web"), "State.Status"), "running");
  EXPECT_EQ(engine.create_body("web").at("Labels").at("berth.dev/spec-hash").as_string(), *world.status().spec_hash);
  EXPECT_LE(world.most_running, 1u);
  world.expect_steady();
}

TEST_F(CrashTest, LeftoversOfOursGo) {
  world.create("web");
  world.settle();
  engine.run("web-copy", engine.create_body("web"));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
