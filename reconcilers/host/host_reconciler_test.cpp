// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_reconciler.hpp"

#include <future>

#include "reconcilers/engine_port.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;
using Names = std::vector<std::string>;

class HostTest : public ::testing::Test {
 protected:
  schemas::HostStatus status(const std::string& name = "local") {
    return schemas::decode_host(world.get(name, "Host")).status;
  }
  std::string ready(const std::string& name = "local") {
    const schemas::HostStatus all = status(name);
    const schemas::Condition* found = find_condition(all.conditions, "Ready");
    return found ? found->status + " " + found->reason + (found->message.empty() ? "" : ": " + found->message)
                 : "absent";
  }
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(HostTest, ReportsTheEngine) {
  EXPECT_EQ(ready(), "True EngineReachable");
  EXPECT_EQ(status().transport, "Unix");
  EXPECT_EQ(status().engine->version, "20.10.24+dfsg1");
  EXPECT_EQ(status().engine->api_version, "1.41");
  EXPECT_EQ(status().engine->os, "linux");
  EXPECT_GT(*status().engine->cpus, 0);
  EXPECT_EQ(status().observed_generation, 1);
  const store::Revision revision = world.resources->revision();
  world.reconcile_host("local");
  EXPECT_EQ(world.resources->revision(), revision);
}

TEST_F(HostTest, EngineThatGoesAwayAndComesBack) {
  world.create("web");
  ASSERT_FALSE(world.settle());
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  world.reconcile_host("local");
  EXPECT_TRUE(ready().starts_with("False EngineUnreachable: ")) << ready();
  EXPECT_EQ(status().engine->version, "20.10.24+dfsg1") << "the facts of the last time";
  const store::Revision before = world.resources->revision();
  world.pass();
  EXPECT_EQ(world.resources->revision(), before) << "it may be back at once";
  // It is tried again meanwhile, and fails in other words.
  const auto words = [this] { return world.engines->find("local")->state().message; };
  const std::string cut_off = words();
  world.clock.advance(std::chrono::seconds(5));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (words() == cut_off && std::chrono::steady_clock::now() < end) {
    world.wait_for(docker::Reachability::Unreachable);
  }
  ASSERT_NE(words(), cut_off);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("HostReachable"), "False EngineUnreachable");
  EXPECT_EQ(world.condition("Ready"), "Unknown HostUnreachable");
  EXPECT_EQ(world.status().phase, "Unknown");
  EXPECT_TRUE(world.status().container_id) << "what was last seen stays";
  const store::Revision revision = world.resources->revision();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.resources->revision(), revision);
  engine.come_back();
  world.wait_for(docker::Reachability::Reachable);
  world.reconcile_host("local");
  EXPECT_EQ(ready(), "True EngineReachable");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_F(HostTest, EngineThatGoesAwayInTheMiddleOfAnAction) {
  engine.hang("container_start");
  world.create("web");
  std::future<std::optional<base::Status>> error = std::async(std::launch::async, [&] { return world.settle(); });
  ASSERT_TRUE(engine.wait_until([&] { return engine.calls("container_start") == 1; }));
  engine.go_away();
  EXPECT_TRUE(error.get());
  world.wait_for(docker::Reachability::Unreachable);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "Unknown HostUnreachable");
  engine.release("container_start");
  engine.come_back();
  world.wait_for(docker::Reachability::Reachable);
  world.settle_through_errors();
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.calls("container_create"), 1u);
  world.expect_steady();
}

TEST_F(HostTest, DeletionWaitsForTheEngine) {
  world.create("web");
  world.settle();
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_TRUE(world.exists("web"));
  EXPECT_EQ(world.condition("HostReachable"), "False EngineUnreachable");
  EXPECT_EQ(world.status().phase, "Terminating");
  engine.come_back();
  world.wait_for(docker::Reachability::Reachable);
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.exists("web"));
  EXPECT_EQ(engine.containers(), Names{});
}

TEST_F(HostTest, OrphanIsReleasedWithoutTheEngine) {
  world.create("web", R"({"deletionPolicy":"Orphan"})");
  world.settle();
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.exists("web"));
}

TEST_F(HostTest, AgentAloneIsNotServed) {
  world.create_object("Host", R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"far"},
      "spec":{"agent":{"hostId":"vm-1"}}})");
  world.reconcile_host("far");
  EXPECT_EQ(ready("far"), "False TransportNotServed: spec.agent is not served yet; only local, ssh and tcp are");
  world.create("web", R"({"host":"far"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("HostReachable"), "False TransportNotServed");
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.exists("web")) << "nothing was ever made, so nothing holds it";
}

TEST_F(HostTest, ContainerOfAHostThatIsNotThereWaits) {
  world.create("web", R"({"host":"typo"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("HostReachable"), "False HostNotFound");
  EXPECT_EQ(world.condition("Ready"), "Unknown HostNotFound");
  EXPECT_EQ(world.message("Ready"), "there is no Host \"typo\"");
  EXPECT_EQ(world.event_reasons(), std::vector<std::string>{"HostNotFound"}) << "said once, as the passes below show";
  const store::Revision revision = world.resources->revision();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.resources->revision(), revision);
}

TEST_F(HostTest, DeletedHostLosesItsEngine) {
  world.remove("local", "Host");
  world.reconcile_host("local");
  EXPECT_FALSE(world.resources->find(testing::kind_named("Host"), "", "local"));
  world.reconcile_host("local");
  EXPECT_EQ(world.engines->find("local"), nullptr);
}

TEST_F(HostTest, DeletionWaitsForWhatIsToBeRemovedFromTheEngine) {
  const auto in_use = [&] {
    const schemas::HostStatus all = status();
    const schemas::Condition* found = find_condition(all.conditions, "InUse");
    return found ? found->status + " " + found->reason + ": " + found->message : "absent";
  };
  world.create("web");
  world.create("kept", R"({"deletionPolicy":"Orphan"})");
  world.settle();
  world.settle("kept");
  world.reconcile_host("local");
  EXPECT_EQ(in_use(), "absent");
  world.remove("local", "Host");
  world.reconcile_host("local");
  EXPECT_EQ(in_use().find("True Users: it goes when nothing is left to be removed from its engine: container "
                          "default/web;"),
            0u)
      << in_use();
  const store::Revision revision = world.resources->revision();
  world.reconcile_host("local");
  EXPECT_EQ(world.resources->revision(), revision);
  EXPECT_EQ(ready(), "True EngineReachable") << "its engine serves until the end";
  try {
    world.create("late");
    ADD_FAILURE() << "nothing new on a host that is going";
  } catch (const base::Status& refused) {
    EXPECT_EQ(refused.reason(), base::Reason::Forbidden);
    EXPECT_EQ(refused.message(), "containers.berth.dev \"late\" is forbidden: host \"local\" is being deleted");
  }
  world.remove("web");
  world.settle();
  world.reconcile_host("local");
  world.reconcile_host("local");
  EXPECT_EQ(world.engines->find("local"), nullptr);
  EXPECT_EQ(engine.running(), Names{"kept"});
}

TEST_F(HostTest, AHostThatIsGoneForEverIsForgotten) {
  world.create("web");
  world.create("gone");
  world.settle();
  world.settle("gone");
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  world.remove("gone");
  EXPECT_FALSE(world.settle("gone"));
  world.remove("local", "Host");
  world.reconcile_host("local");
  for (const char* name : {"web", "gone"}) world.patch(name, R"({"spec":{"deletionPolicy":"Orphan"}})");
  EXPECT_FALSE(world.settle("gone"));
  EXPECT_FALSE(world.exists("gone"));
  world.reconcile_host("local");
  world.reconcile_host("local");
  EXPECT_EQ(world.engines->find("local"), nullptr);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("HostReachable"), "False HostNotFound");
  EXPECT_EQ(engine.running(), (Names{"gone", "web"})) << "never removed unasked";
}

TEST_F(HostTest, PortReadsSnapshotsAndActsOnUnmanagedOnly) {
  world.create("web");
  world.settle();
  engine.run("foreign", base::parse_json(R"({"Image":"busybox:latest"})"));
  world.refresh();
  DockerPort port(*world.resources, *world.engines, *world.pulls, world.clock);
  const std::uint64_t calls = engine.total();
  std::map<std::string, std::string> owners;
  for (const auto& object : port.list(resources::EnginePort::Sort::Containers, "")) {
    owners[std::string(base::string_at(object.value, "Name"))] = object.managed_by;
  }
  EXPECT_EQ(owners, (std::map<std::string, std::string>{{"/foreign", ""}, {"/web", "default/web"}}));
  EXPECT_EQ(port.list(resources::EnginePort::Sort::Images, "local").size(), 1u);
  EXPECT_EQ(engine.total(), calls) << "from the snapshot";
  EXPECT_THROW(port.inspect_container("local", "nobody"), base::Status);
  EXPECT_THROW(port.inspect_container("elsewhere", "web"), base::Status);
  const auto act = [&](const std::string& id) {
    world.loop.run_and_wait([&] { return port.act(world.user, "local", id, resources::EnginePort::Action::Stop); });
  };
  act("foreign");
  EXPECT_EQ(engine.running(), Names{"web"});
  try {
    act("web");
    ADD_FAILURE() << "a managed container is not acted on";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), base::Reason::Conflict);
    EXPECT_NE(status.message().find("default/web"), std::string::npos);
  }
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_NE(world.audit_text().find("alice"), std::string::npos);
}

}  // namespace
}  // namespace berth::reconcilers
