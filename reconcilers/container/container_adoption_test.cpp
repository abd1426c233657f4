// SPDX-License-Identifier: Apache-2.0
// A container that runs already is taken over as it is, or not at all.
#include "reconcilers/container/adoption.hpp"
#include "reconcilers/container/container_definition.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::string_at;
using testing::World;
using Names = std::vector<std::string>;

class AdoptionTest : public ::testing::Test {
 protected:
  void run(const std::string& body) {
    engine.run("web", base::parse_json(body));
    engine.reset_counters();
  }
  std::string id(const char* name = "web") { return std::string(string_at(engine.inspect(name), "Id")); }
  std::string token(std::size_t digits = 64) { return R"({"berth.dev/adopt":")" + id().substr(0, digits) + "\"}"; }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

constexpr const char* kPlain = R"({"Image":"busybox","HostConfig":{"RestartPolicy":{"Name":"always"}}})";

TEST_F(AdoptionTest, WhatIsAsDeclaredIsTakenOverUntouched) {
  run(R"({"Image":"busybox","Cmd":["sleep","9"],"Env":["B=2","A=1"],"Labels":{"com.docker.compose.project":"shop"},
          "HostConfig":{"RestartPolicy":{"Name":"unless-stopped"},"Memory":67108864,"MemorySwap":134217728,
          "PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},"Binds":["/srv:/data:ro"],"CapAdd":["CAP_NET_ADMIN"]}})");
  world.create("web", R"({"args":["sleep","9"],"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],
      "restartPolicy":"UnlessStopped","resources":{"memory":"64Mi"},"ports":[{"containerPort":80,"hostPort":8080}],
      "mounts":[{"type":"Bind","source":"/srv","target":"/data","readOnly":true}],"capAdd":["NET_ADMIN"]})",
               token(12));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running") << world.message("Ready");
  EXPECT_EQ(world.status().adopted, id());
  EXPECT_EQ(engine.writes(), 0);
  world.expect_steady();
  const Names events = world.event_reasons();
  EXPECT_EQ(std::ranges::count(events, "Adopted"), 1);
  EXPECT_NE(world.audit_text().find("\"adopt\""), std::string::npos);
}

TEST_F(AdoptionTest, WithoutTheAnnotationItIsSomebodyElses) {
  run(kPlain);
  world.create("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False NameConflict");
  EXPECT_EQ(engine.writes(), 0);
}

TEST_F(AdoptionTest, WhatDiffersIsNamedWithoutValuesAndLeftAlone) {
  run(R"({"Image":"busybox","Env":["TOKEN=secret-on-engine"],"HostConfig":{"AutoRemove":true,
          "RestartPolicy":{"Name":"no"}}})");
  world.create("web", R"({"env":[{"name":"TOKEN","value":"secret-in-spec"}],"user":"1000"})", token());
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Stalled"), "True NameConflict");
  EXPECT_EQ(world.message("Stalled"), "container web (" + id().substr(0, 12) +
                                          ") differs in HostConfig.AutoRemove, spec.env[TOKEN], spec.restartPolicy, "
                                          "spec.user; nothing was changed");
  EXPECT_EQ(engine.writes(), 0);
  EXPECT_FALSE(world.status().adopted);
}

TEST_F(AdoptionTest, OnceTheSpecFitsItIsAdopted) {
  run(kPlain);
  world.create("web", R"({"user":"1000","image":"other"})", token());
  EXPECT_FALSE(world.settle());
  EXPECT_NE(world.message("Stalled").find("differs in spec.image, spec.user;"), std::string::npos);
  world.patch("web", R"({"spec":{"user":null,"image":"busybox"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.writes(), 0);
}

TEST_F(AdoptionTest, ItIsComparedAsItIsNowThoughNoEventTold) {
  run(kPlain);
  world.create("web", R"({"user":"1000"})", token());
  EXPECT_FALSE(world.settle());
  EXPECT_NE(world.message("Stalled").find("differs in spec.user;"), std::string::npos) << world.message("Stalled");
  engine.deliver_events(fake_engine::FakeEngine::EventDelivery::Lost);
  engine.update("web", base::parse_json(R"({"PidsLimit":50})"));
  world.patch("web", R"({"spec":{"user":null}})");
  world.pass();  // settle() reads everything first
  EXPECT_EQ(world.condition("Stalled"), "True NameConflict");
  EXPECT_EQ(world.message("Stalled").find("spec.user"), std::string::npos) << world.message("Stalled");
  EXPECT_FALSE(world.status().adopted);
}

TEST_F(AdoptionTest, NameNetworksAndFilesCount) {
  run(kPlain);
  world.create("other", R"({"networks":[{"name":"bridge","aliases":["x"]}],"files":[{"path":"/etc/a","content":"x"}]})",
               token());
  EXPECT_FALSE(world.settle("other"));
  EXPECT_NE(world.message("Stalled", "other").find("spec.containerName, spec.files, spec.networks;"), std::string::npos)
      << world.message("Stalled", "other");
  EXPECT_EQ(engine.containers(), Names{"web"}) << "nothing is made in its place";
}

// As docker compose of version 2 says it, and the engine below 1.44 adds the hostname.
TEST_F(AdoptionTest, WhatIsOnlySaidInOtherWordsIsNoDifference) {
  engine.create_network(base::parse_json(R"({"Name":"shop_default"})"));
  run(R"({"Image":"busybox","Hostname":"front","ExposedPorts":{"9000":{}},
          "HostConfig":{"RestartPolicy":{"Name":"always"},"NetworkMode":"shop_default",
                        "SecurityOpt":["no-new-privileges:true"]},
          "NetworkingConfig":{"EndpointsConfig":{"shop_default":{"Aliases":["web","store","front"]}}}})");
  world.refresh();
  const std::string one = R"("hostname":"front","expose":["9000"],"securityOpt":["no-new-privileges=true"],
                             "networks":[{"name":"shop_default","aliases":["store")";
  world.create("web", "{" + one + R"(,"other"]}]})", token());
  EXPECT_FALSE(world.settle());
  EXPECT_NE(world.message("Stalled").find("differs in spec.networks;"), std::string::npos) << world.message("Stalled");
  world.patch("web", R"({"spec":{)" + one + "]}]}}");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running") << world.message("Ready");
  EXPECT_EQ(engine.writes(), 0);
  world.expect_steady();
}

// As version 1 says it.
TEST_F(AdoptionTest, AVolumeOfTheImagesSortCountsOnlyWhereNothingIsMounted) {
  run(R"({"Image":"busybox","Volumes":{"/data":{},"/srv":{},"/own":{}},"HostConfig":{"RestartPolicy":{"Name":"always"},
          "Binds":["data:/data:rw"],"Mounts":[{"Type":"bind","Source":"/srv","Target":"/srv"}]}})");
  world.create("web", R"({"mounts":[{"type":"Volume","source":"data","target":"/data"},
                                    {"type":"Bind","source":"/srv","target":"/srv"}]})",
               token());
  EXPECT_FALSE(world.settle());
  EXPECT_NE(world.message("Stalled").find("differs in Config.Volumes;"), std::string::npos) << world.message("Stalled");
  engine.remove("web");
  run(R"({"Image":"busybox","Volumes":{"/data":{},"/srv":{}},"HostConfig":{"RestartPolicy":{"Name":"always"},
          "Binds":["data:/data:rw"],"Mounts":[{"Type":"bind","Source":"/srv","Target":"/srv"}]}})");
  world.patch("web", R"({"metadata":{"annotations":)" + token() + "}}");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running") << world.message("Ready");
  EXPECT_EQ(engine.writes(), 0);
}

TEST_F(AdoptionTest, OneInAnothersNetworkWaitsUntilThatIsKnown) {
  run(kPlain);
  engine.run("app", base::parse_json(R"({"Image":"busybox","HostConfig":{"RestartPolicy":{"Name":"always"},
                                         "NetworkMode":"container:)" +
                                     id() + "\"}}"));
  engine.reset_counters();
  world.refresh();
  world.create("web", "{}", token());
  world.create("app", R"({"containerRef":{"name":"web"}})", R"({"berth.dev/adopt":")" + id("app") + "\"}");
  EXPECT_FALSE(world.settle("app"));
  EXPECT_EQ(world.condition("Ready", "app"), "False WaitingForDependencies") << world.message("Ready", "app");
  EXPECT_EQ(world.condition("Stalled", "app"), "False NotStalled");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_FALSE(world.settle("app"));
  EXPECT_EQ(world.condition("Ready", "app"), "True Running") << world.message("Ready", "app");
  EXPECT_EQ(engine.writes(), 0);
}

TEST_F(AdoptionTest, OneThatIsNotThereIsWaitedForByNobody) {
  world.create("web", "{}", R"({"berth.dev/adopt":"0123456789ab"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Stalled"), "True AdoptionRefused");
  EXPECT_EQ(world.message("Stalled"), "host local has no container with the id \"0123456789ab\"");
  EXPECT_TRUE(engine.containers().empty());
}

TEST_F(AdoptionTest, OneOfAnotherObjectIsRefused) {
  world.create("web");
  EXPECT_FALSE(world.settle());
  world.create("other", R"({"containerName":"web"})", token());
  EXPECT_FALSE(world.settle("other"));
  EXPECT_EQ(world.message("Stalled", "other"), "container web belongs to Container default/web");
}

TEST_F(AdoptionTest, TwoObjectsDoNotAdoptTheSame) {
  run(kPlain);
  world.create("web", "{}", token());
  EXPECT_FALSE(world.settle());
  world.create("other", R"({"containerName":"web"})", token());
  EXPECT_FALSE(world.settle("other"));
  EXPECT_EQ(world.message("Stalled", "other"), "container web was adopted by Container default/web");
}

TEST_F(AdoptionTest, FromThenOnItIsKeptAsDeclaredAndReplacedByOneWithLabels) {
  run(kPlain);
  world.create("web", "{}", token());
  EXPECT_FALSE(world.settle());
  engine.kill("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  const std::string before = id();
  world.patch("web", R"({"spec":{"user":"1000"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_NE(id(), before);
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().adopted);
  world.expect_steady();
}

TEST_F(AdoptionTest, ItsUpdateRollsBackToIt) {
  run(kPlain);
  world.create("web", "{}", token());
  EXPECT_FALSE(world.settle());
  const std::string before = id();
  engine.add_image("broken");
  engine.on_start("broken", {.exit_code = 1});
  world.patch("web", R"({"spec":{"image":"broken"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_EQ(id(), before);
  EXPECT_EQ(world.status().adopted, before);
}

TEST_F(AdoptionTest, OneThatIsRemovedByHandIsMadeAnew) {
  run(kPlain);
  world.create("web", "{}", token());
  EXPECT_FALSE(world.settle());
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().adopted);
  EXPECT_EQ(engine.running(), Names{"web"});
  world.expect_steady();
}

TEST_F(AdoptionTest, OneThatCannotBeDescribedForAWhileStaysKnown) {
  run(kPlain);
  world.create("web", "{}", token());
  EXPECT_FALSE(world.settle());
  world.patch("web", R"({"spec":{"suspend":true}})");
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  engine.create_network(base::JsonObject{{"Name", "other"}});  // else it is taken to be as it was
  engine.fail("container_inspect", 500, "no such file");
  engine.come_back();
  world.wait_for(docker::Reachability::Reachable);
  world.pass();
  EXPECT_EQ(world.status().adopted, id());
  world.patch("web", R"({"spec":{"suspend":false}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.status().adopted, id());
  EXPECT_EQ(engine.writes(), 0);
}

TEST_F(AdoptionTest, ItGoesWithItsObject) {
  run(kPlain);
  world.create("web", "{}", token());
  EXPECT_FALSE(world.settle());
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_TRUE(engine.containers().empty());
}

}  // namespace
}  // namespace berth::reconcilers
