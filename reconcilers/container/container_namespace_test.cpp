// SPDX-License-Identifier: Apache-2.0
// Containers in another's namespaces, and the anonymous volumes that the next container takes over.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::string_at;
using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kInDb = R"({"containerRef":{"name":"db"}})";

class NamespaceTest : public ::testing::Test {
 protected:
  std::string id(const char* name) { return std::string(string_at(world.engine.inspect(name), "Id")); }
  std::string mode(const char* name, const char* which = "NetworkMode") {
    return std::string(string_at(world.engine.inspect(name), std::string("HostConfig.") + which));
  }
  void settle(std::initializer_list<const char*> names) {
    for (const char* name : names) EXPECT_FALSE(world.settle(name)) << name;
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(NamespaceTest, ItIsMadeInTheOthersNetworkOnceThatRuns) {
  world.create("web", kInDb);
  settle({"web"});
  EXPECT_EQ(world.condition("Ready"), "False WaitingForDependencies");
  EXPECT_TRUE(engine.containers().empty()) << "the engine binds it at the create";
  world.create("db");
  settle({"db", "web"});
  EXPECT_EQ(mode("web"), "container:" + id("db"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_F(NamespaceTest, ItIsMadeAgainWhenTheOtherWasReplaced) {
  world.create("db");
  world.create("web", kInDb);
  settle({"db", "web"});
  const std::string before = id("web");
  world.patch("db", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  settle({"db", "web"});
  EXPECT_NE(id("web"), before);
  EXPECT_EQ(mode("web"), "container:" + id("db"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.containers(), (Names{"db", "web"}));
  world.expect_steady();
}

TEST_F(NamespaceTest, ItIsRestartedWhenTheOtherWasStartedAgain) {
  world.create("db");
  world.create("web", kInDb);
  settle({"db", "web"});
  const std::string before = id("web");
  engine.kill("db");
  engine.reset_counters();
  settle({"web"});
  EXPECT_EQ(engine.calls("container_restart"), 0) << "not while the other is down";
  settle({"db", "web"});
  EXPECT_EQ(engine.calls("container_restart"), 1);
  EXPECT_EQ(id("web"), before);
  world.expect_steady();
}

TEST_F(NamespaceTest, AJobThatHasEndedIsNotRunAgainForIt) {
  world.create("db");
  world.create("web", R"({"containerRef":{"name":"db"},"restartPolicy":"Never"})");
  settle({"db", "web"});
  engine.exit("web", 0);
  settle({"web"});
  engine.reset_counters();
  world.patch("db", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  settle({"db"});
  engine.reset_counters();
  settle({"web"});
  EXPECT_EQ(engine.writes(), 0);
  EXPECT_EQ(world.condition("Ready"), "True Completed");
}

TEST_F(NamespaceTest, ProcessesAndIpcFollowTheEnginesOwnContainer) {
  world.create("web", R"({"pid":"container:other","ipc":"container:other"})");
  settle({"web"});
  EXPECT_EQ(world.message("Ready"),
            "waits for Container \"other\" to be running: the engine has no such container that runs");
  const base::Json body = base::JsonObject{{"Image", "busybox"}};
  engine.run("other", body);
  settle({"web"});
  EXPECT_EQ(mode("web", "PidMode"), "container:" + id("other"));
  engine.remove("other");
  engine.run("other", body);
  settle({"web"});
  EXPECT_EQ(mode("web", "PidMode"), "container:" + id("other"));
  EXPECT_EQ(mode("web", "IpcMode"), "container:" + id("other"));
  world.expect_steady();
}

TEST_F(NamespaceTest, AnotherHostsNetworkIsOutOfReach) {
  world.create_object("Host", R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"far"},
                                  "spec":{"local":{"socket":"/nowhere"}}})");
  world.create("db", R"({"host":"far"})");
  world.create("web", kInDb);
  settle({"web"});
  EXPECT_EQ(world.message("Stalled"), "waits for Container \"db\" to be running: it is on host far, not on local");
}

class KeptVolumesTest : public NamespaceTest {
 protected:
  KeptVolumesTest() { engine.set_image_volumes("busybox", {"/data"}); }
  std::string volume_of(const char* name) {
    const base::Json inspect = engine.inspect(name);
    for (const base::Json& mount : base::find_path(inspect, "Mounts")->as_array()) {
      if (string_at(mount, "Destination") == "/data") return std::string(string_at(mount, "Name"));
    }
    return "";
  }
  void replace(int round) {
    world.patch("web", R"({"spec":{"env":[{"name":"A","value":")" + std::to_string(round) + R"("}]}})");
    settle({"web"});
  }
};

TEST_F(KeptVolumesTest, AReplaceTakesThemOverAndADeletionRemovesThem) {
  world.create("web");
  settle({"web"});
  const std::string data = volume_of("web");
  for (int round = 1; round <= 3; ++round) {
    replace(round);
    EXPECT_EQ(volume_of("web"), data);
    EXPECT_EQ(engine.volumes(), Names{data});
  }
  world.expect_steady();
  world.remove("web");
  settle({"web"});
  EXPECT_TRUE(engine.volumes().empty());
}

TEST_F(KeptVolumesTest, ARollbackLeavesThemWithTheOldOne) {
  world.create("web");
  settle({"web"});
  const std::string data = volume_of("web");
  engine.add_image("broken");
  engine.set_image_volumes("broken", {"/data"});
  engine.on_start("broken", {.exit_code = 1});
  world.patch("web", R"({"spec":{"image":"broken"}})");
  settle({"web"});
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(volume_of("web"), data);
  EXPECT_EQ(engine.volumes(), Names{data});
}

TEST_F(KeptVolumesTest, OneThatWasStoppedAndReplacedTwiceStillHasThem) {
  world.create("web");
  settle({"web"});
  const std::string data = volume_of("web");
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  replace(1);  // the next one never ran
  replace(2);
  EXPECT_EQ(volume_of("web"), data);
  EXPECT_EQ(engine.volumes(), Names{data});
}

TEST_F(KeptVolumesTest, AMountOfTheSpecTakesTheirPlace) {
  world.create("web");
  settle({"web"});
  world.patch("web", R"({"spec":{"mounts":[{"type":"Volume","source":"mine","target":"/data"}]}})");
  settle({"web"});
  EXPECT_EQ(volume_of("web"), "mine");
  EXPECT_EQ(engine.volumes(), Names{"mine"});
  world.remove("web");
  settle({"web"});
  EXPECT_EQ(engine.volumes(), Names{"mine"}) << "it has a name";
}

// Whatever call of the way is cut, before or after it took effect: one container in the end, with its data.
TEST_F(KeptVolumesTest, TheWayIsFoundAgainAtEveryStep) {
  world.create("db", R"({"mounts":[{"type":"Tmpfs","target":"/data"}]})");
  world.create("web", kInDb);
  settle({"db", "web"});
  const std::string data = volume_of("web");
  int round = 0;
  for (const char* call :
       {"container_create", "container_stop", "container_remove", "container_rename", "container_start"}) {
    for (const bool happened : {false, true}) {
      world.patch("db", R"({"spec":{"env":[{"name":"A","value":")" + std::to_string(++round) + R"("}]}})");
      settle({"db"});
      if (happened) {
        engine.cut_after_effect(call);
      } else {
        engine.cut_before_effect(call);
      }
      world.settle_through_errors("web");
      EXPECT_EQ(engine.running(), (Names{"db", "web"})) << call << happened;
      EXPECT_EQ(engine.containers(), (Names{"db", "web"})) << call << happened;
      EXPECT_EQ(mode("web"), "container:" + id("db"));
      EXPECT_EQ(volume_of("web"), data) << call << happened;
      EXPECT_EQ(engine.volumes(), Names{data}) << call << happened;
    }
  }
  world.expect_steady();
}

TEST_F(KeptVolumesTest, OneInAnothersNetworkKeepsThemWhenItFollows) {
  world.create("db", R"({"mounts":[{"type":"Tmpfs","target":"/data"}]})");
  world.create("web", kInDb);
  settle({"db", "web"});
  const std::string data = volume_of("web");
  world.patch("db", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  settle({"db", "web"});
  EXPECT_EQ(mode("web"), "container:" + id("db"));
  EXPECT_EQ(volume_of("web"), data);
}

}  // namespace
}  // namespace berth::reconcilers
