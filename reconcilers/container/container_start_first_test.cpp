// SPDX-License-Identifier: Apache-2.0
// update.order StartFirst: at every moment somebody serves, whatever the new container is worth and wherever the way
// to the engine is cut.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kFront =
    R"({"update":{"order":"StartFirst","progressDeadlineSeconds":5},"networks":[{"name":"front","aliases":["site"]}],
        "files":[{"path":"/etc/a","content":"1"}]})";
constexpr const char* kNextVersion = R"({"spec":{"files":[{"path":"/etc/a","content":"2"}]}})";

// One that serves for ever under the alias, and a look at who answers for it after each write.
class Serving {
 public:
  explicit Serving(Flavour flavour) : world(flavour) {
    world.add_network("front");
    world.create("web", kFront);
    EXPECT_FALSE(world.settle());
    first = *world.status().container_id;
    engine.after_each_write([this](const std::string& operation) { look(operation); });
  }

  bool answers(const std::string& name) const {
    const Json inspect = engine.inspect(name);
    const Json* aliases = base::find_path(inspect, "NetworkSettings.Networks.front.Aliases");
    if (!aliases || !aliases->is_array()) return false;
    return std::ranges::count(aliases->get_array(), Json("site")) > 0;
  }
  void look(const std::string& operation) {
    const std::vector<std::string> running = engine.running();
    const auto serving = std::ranges::count_if(running, [this](const auto& name) { return answers(name); });
    if (serving == 0) alone.push_back(operation);
    most_running = std::max(most_running, running.size());
    most_serving = std::max(most_serving, static_cast<std::size_t>(serving));
  }
  void expect_served() { EXPECT_EQ(alone, Names{}) << "after these writes nobody answered"; }
  void expect_one(const std::string& content) {
    EXPECT_EQ(engine.containers(), Names{"web"});
    EXPECT_EQ(engine.running(), Names{"web"});
    EXPECT_TRUE(answers("web"));
    EXPECT_EQ(engine.files("web").at("/etc/a").content, content);
    EXPECT_EQ(base::string_at(engine.inspect("web"), "HostConfig.RestartPolicy.Name"), "always");
    world.expect_steady();
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
  std::string first;  // id
  std::vector<std::string> alone;
  std::size_t most_running = 0;
  std::size_t most_serving = 0;
};

class StartFirstTest : public ::testing::TestWithParam<Flavour> {
 protected:
  Serving site{GetParam()};
  World& world = site.world;
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, StartFirstTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(StartFirstTest, TheNewOneHasTheAliasBeforeTheOldOneStops) {
  world.patch("web", kNextVersion);
  EXPECT_FALSE(world.settle());
  EXPECT_NE(*world.status().container_id, site.first);
  EXPECT_EQ(site.most_running, 2u);
  EXPECT_EQ(site.most_serving, 2u);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  site.expect_served();
  site.expect_one("2");
}

TEST_P(StartFirstTest, TheNewOneDoesNotAnswerBeforeItIsHealthy) {
  world.patch("web", R"({"spec":{"healthcheck":{"test":["CMD","true"],"interval":"1s"}}})");
  world.refresh();
  EXPECT_TRUE(world.pass().delay()) << "it looks again at the deadline";
  EXPECT_EQ(engine.running().size(), 2u);
  EXPECT_EQ(site.most_serving, 1u);
  EXPECT_EQ(world.condition("Ready"), "False Updating");
  EXPECT_EQ(*world.status().container_id, site.first) << "status tells of the one that serves";
  const std::vector<std::string> both = engine.containers();
  engine.set_health(both.at(0) == "web" ? both.at(1) : both.at(0), "healthy");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  site.expect_served();
  site.expect_one("1");
}

TEST_P(StartFirstTest, OneThatEndsNeverTouchesTheOldOne) {
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", 7, 0, ""});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(*world.status().container_id, site.first);
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_EQ(world.status().update->failed->reason, "exited with code 7");
  EXPECT_EQ(engine.calls("container_start"), 2u) << "the old one was not started again";
  EXPECT_EQ(site.most_serving, 1u);
  site.expect_served();
  site.expect_one("1");
}

TEST_P(StartFirstTest, OneThatCannotStartNeverTouchesTheOldOne) {
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", {}, 400, "no such file"});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  site.expect_served();
  site.expect_one("1");
}

TEST_P(StartFirstTest, OneThatIsNeverHealthyGoesAtTheDeadline) {
  engine.add_image("sick:1");
  engine.on_start("sick:1", {"unhealthy", {}, 0, ""});
  world.patch("web", R"({"spec":{"image":"sick:1","healthcheck":{"test":["CMD","true"]}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_EQ(world.status().update->failed->reason, "not healthy within 5 s: unhealthy");
  EXPECT_EQ(site.most_serving, 1u) << "it never had the alias";
  site.expect_served();
  site.expect_one("1");
}

TEST_P(StartFirstTest, AStopEndsBoth) {
  world.patch("web", R"({"spec":{"healthcheck":{"test":["CMD","true"]}}})");
  world.refresh();
  world.pass();
  ASSERT_EQ(engine.running().size(), 2u);
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{});
  EXPECT_TRUE(site.answers("web"));
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
}

// What leads back may fail as well.
TEST_P(StartFirstTest, BothReasonsStandWhileTheOldOneDoesNotStart) {
  world.patch("web", R"({"spec":{"update":{"order":"StopFirst"}}})");
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", 7, 0, ""});
  engine.on_start("busybox", {"", {}, 500, "no space left on device"});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  EXPECT_TRUE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RollbackFailed");
  EXPECT_EQ(world.condition("Stalled"), "True RollbackFailed");
  EXPECT_NE(world.message("Ready").find("exited with code 7"), std::string::npos);
  EXPECT_NE(world.message("Ready").find("no space left on device"), std::string::npos);
  EXPECT_EQ(world.status().update->failed->reason, "exited with code 7");
  EXPECT_NE(world.status().update->failed->rollback->find("no space left on device"), std::string::npos);
  engine.on_start("busybox", {});
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_FALSE(world.status().update->failed->rollback);
  EXPECT_EQ(*world.status().container_id, site.first);
  site.expect_one("1");
}

class StartFirstCutTest : public ::testing::TestWithParam<std::tuple<const char*, bool>> {
 protected:
  void cut() {
    const auto& [operation, after] = GetParam();
    after ? engine.cut_after_effect(operation) : engine.cut_before_effect(operation);
  }
  Serving site{Flavour::Engine20};
  World& world = site.world;
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(
    All, StartFirstCutTest,
    ::testing::Combine(::testing::Values("container_create", "container_archive", "container_start",
                                         "network_disconnect", "network_connect", "container_update", "container_stop",
                                         "container_remove", "container_rename"),
                       ::testing::Bool()),
    [](const auto& at) { return std::string(std::get<0>(at.param)) + (std::get<1>(at.param) ? "_after" : "_before"); });

TEST_P(StartFirstCutTest, IsTakenUpWhereItWas) {
  world.patch("web", kNextVersion);
  cut();
  world.settle_through_errors();
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().update) << "a cut connection is no failed update";
  site.expect_served();
  site.expect_one("2");
}

TEST_P(StartFirstCutTest, RollbackIsTakenUpWhereItWas) {
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", 7, 0, ""});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  cut();
  world.settle_through_errors();
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_EQ(*world.status().container_id, site.first);
  site.expect_served();
  site.expect_one("1");
}

}  // namespace
}  // namespace berth::reconcilers
