// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/network_reconciler.hpp"

#include <sstream>

#include "reconcilers/held_store_testing.hpp"
#include "reconcilers/object/object_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::parse_json;
using base::string_at;
using testing::Flavour;
using testing::ObjectWorld;
using Names = std::vector<std::string>;

class NetworkTest : public ::testing::TestWithParam<Flavour> {
 protected:
  std::string said(const std::string& type, const std::string& name = "front") {
    return world.said("Network", name, type);
  }
  std::string words(const std::string& type, const std::string& name = "front") {
    return world.words("Network", name, type);
  }
  bool on_engine(const std::string& name) {
    const Names all = engine.networks();
    return std::ranges::count(all, name) == 1;
  }
  std::string id_of(const std::string& name) { return std::string(string_at(engine.inspect_network(name), "Id")); }
  void run_on(const std::string& network, const std::string& container) {
    engine.run(container,
               parse_json(R"({"Image":"busybox:latest","HostConfig":{"NetworkMode":")" + network + R"("}})"));
  }

  // "gone: intent, succeeded" of the records of an action.
  std::string trail_of(std::string_view action) {
    std::istringstream lines(world.audit_text());
    std::string all;
    for (std::string line; std::getline(lines, line);) {
      const Json record = parse_json(line);
      if (string_at(record, "action") != action) continue;
      const std::string_view result = string_at(record, "result");
      all += (all.empty() ? std::string(string_at(record, "target")) + ": " : ", ") +
             std::string(result.empty() ? string_at(record, "phase") : result);
    }
    return all;
  }

  ObjectWorld world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, NetworkTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

// A container waits for the status.
TEST(NetworkRecords, NobodyWaitsForTheRecordOfHowItWent) {
  auto owned = std::make_unique<testing::HeldStore>();
  testing::HeldStore& store = *owned;
  std::atomic<bool> made = false;
  std::atomic<bool> told = false;
  ObjectWorld world(Flavour::Engine20, std::move(owned));
  world.engine.after_each_write([&](const std::string& operation) { made = made || operation == "network_create"; });
  store.holds_key = [&](std::string_view key) {
    told = told || (made && key.find("/networks/") != std::string_view::npos);
    return key.find("/events/") != std::string_view::npos && !told;
  };
  store.holds_record = [&](std::string_view record) {
    return record.find(R"("phase":"outcome")") != std::string_view::npos && !told;
  };
  world.create_network("front");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(store.gave_up);
  EXPECT_EQ(world.said("Network", "front", "Ready"), "True Made");
  EXPECT_EQ(world.event_reasons("front"), Names{"Created"}) << "a pass ends when all is written";
  EXPECT_NE(world.audit_text().find(R"("phase":"outcome")"), std::string::npos);
}

TEST_P(NetworkTest, IsMadeWithOurLabels) {
  world.create_network("front",
                       R"({"internal":true,"labels":{"team":"a"},"options":{"com.docker.network.driver.mtu":"1400"},
                                    "ipam":{"config":[{"subnet":"10.9.8.0/24"}]}})");
  EXPECT_EQ(said("Ready"), "Unknown Pending");
  EXPECT_FALSE(world.settle_network("front"));
  const Json made = engine.inspect_network("front");
  EXPECT_TRUE(base::bool_at(made, "Internal"));
  EXPECT_EQ(made.at("Labels").at("team").as_string(), "a");
  EXPECT_EQ(made.at("Labels").at("berth.dev/kind").as_string(), "Network");
  EXPECT_EQ(made.at("Labels").at("berth.dev/name").as_string(), "front");
  EXPECT_EQ(made.at("Labels").at("berth.dev/uid").as_string(),
            string_at(world.get("front", "Network"), "metadata.uid"));
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(said("Stalled"), "False NotStalled");
  EXPECT_EQ(said("InUse"), "absent");
  EXPECT_EQ(world.fact("Network", "front", "networkID"), string_at(made, "Id"));
  EXPECT_EQ(world.fact("Network", "front", "networkName"), "front");
  EXPECT_EQ(world.get("front", "Network").at("status").at("subnets").at(0).as_string(), "10.9.8.0/24");
  EXPECT_EQ(base::int_at(world.get("front", "Network"), "status.observedGeneration"), 1);
  EXPECT_EQ(engine.writes(), 1u);
  EXPECT_EQ(world.event_reasons("front"), Names{"Created"});
  EXPECT_NE(world.audit_text().find("system:controller:network"), std::string::npos);
  world.expect_object_steady("Network", "front");
}

TEST_P(NetworkTest, WhatFitsByNameIsUsedAsItIs) {
  engine.create_network(parse_json(R"({"Name":"front","Driver":"bridge"})"));
  world.create_network("front", R"({"driver":"macvlan"})");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "True External");
  EXPECT_EQ(said("Drifted"), "False AsDeclared");
  EXPECT_TRUE(base::bool_at(world.get("front", "Network"), "status.external"));
  EXPECT_EQ(world.fact("Network", "front", "networkID"), id_of("front"));
  world.expect_object_steady("Network", "front");
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
  EXPECT_TRUE(on_engine("front"));
  EXPECT_EQ(engine.writes(), 0u);
}

TEST_P(NetworkTest, ANameIsOneObjectsOnly) {
  world.create_network("front", R"({"networkName":"shared"})");
  world.create_network("back", R"({"networkName":"shared","deletionPolicy":"Delete"})");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.settle_network("back"));
  EXPECT_EQ(said("Ready", "front"), "True Made");
  EXPECT_EQ(said("Ready", "back"), "False NameConflict");
  EXPECT_EQ(said("Stalled", "back"), "True NameConflict");
  EXPECT_EQ(words("Ready", "back"), "network \"shared\" on host local is that of Network default/front");
  EXPECT_EQ(world.fact("Network", "back", "networkID"), "");
  world.expect_object_steady("Network", "back");
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(on_engine("shared"));
  EXPECT_FALSE(world.settle_network("back"));
  EXPECT_EQ(said("Ready", "back"), "True Made");
  EXPECT_TRUE(on_engine("shared"));
}

TEST_P(NetworkTest, OneThatVanishedIsMadeAgain) {
  world.create_network("front");
  world.settle_network("front");
  const std::string before = id_of("front");
  engine.remove_network("front");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_NE(id_of("front"), before);
  EXPECT_EQ(world.fact("Network", "front", "networkID"), id_of("front"));
  world.expect_object_steady("Network", "front");
}

TEST_P(NetworkTest, AChangeMakesItAnewWhileNobodyIsOnIt) {
  world.create_network("front");
  world.settle_network("front");
  const std::string before = id_of("front");
  world.patch("front", R"({"spec":{"internal":true}})", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_NE(id_of("front"), before);
  EXPECT_TRUE(base::bool_at(engine.inspect_network("front"), "Internal"));
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(said("Drifted"), "False AsDeclared");
  world.expect_object_steady("Network", "front");
}

TEST_P(NetworkTest, AChangeWaitsForWhoIsOnIt) {
  world.create_network("front");
  world.settle_network("front");
  const std::string before = id_of("front");
  run_on("front", "web");
  run_on("front", "api");
  engine.stop("api");
  world.patch("front", R"({"spec":{"internal":true}})", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(id_of("front"), before);
  EXPECT_EQ(said("Ready"), "False InUse");
  EXPECT_EQ(said("Stalled"), "True InUse");
  EXPECT_EQ(said("Drifted"), "True Differs");
  EXPECT_EQ(words("Drifted"), "not as declared: internal");
  EXPECT_EQ(words("InUse"), "containers api and web use it; it is made anew once none does");
  EXPECT_EQ(world.waits.waiting("local", "api").size(), 1u) << "what becomes of it wakes the network";
  world.expect_object_steady("Network", "front");
  engine.remove("api");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(words("InUse"), "container web uses it; it is made anew once none does");
  engine.disconnect("front", "web");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_NE(id_of("front"), before);
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(said("InUse"), "absent");
  EXPECT_TRUE(world.waits.waiting("local", "web").empty());
}

TEST_P(NetworkTest, OtherLabelsAreNoReasonToBeUnready) {
  world.create_network("front");
  world.settle_network("front");
  run_on("front", "web");
  world.patch("front", R"({"spec":{"labels":{"team":"a"}}})", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(said("Drifted"), "True Differs");
  EXPECT_EQ(words("Drifted"), "not as declared: labels");
}

TEST_P(NetworkTest, DeletionWaitsForWhoIsOnIt) {
  world.create_network("front");
  world.settle_network("front");
  run_on("front", "web");
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_TRUE(world.exists("Network", "front"));
  EXPECT_EQ(said("Ready"), "False InUse");
  EXPECT_EQ(words("InUse"), "container web uses it; it is removed once none does");
  EXPECT_EQ(world.fact("Network", "front", "networkID"), id_of("front"));
  world.expect_object_steady("Network", "front");
  engine.remove("web");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
  EXPECT_FALSE(on_engine("front"));
}

TEST_P(NetworkTest, OrphanIsLeftAndTakenOverByTheNextOfItsName) {
  world.create_network("front", R"({"deletionPolicy":"Orphan"})");
  world.settle_network("front");
  const std::string before = id_of("front");
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
  const std::uint64_t writes = engine.writes();
  world.create_network("front");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(id_of("front"), before);
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(engine.writes(), writes);
  world.expect_object_steady("Network", "front");
}

TEST_P(NetworkTest, EndpointsThatTheEngineHasLostCountOf) {
  world.create_network("front");
  world.settle_network("front");
  engine.fail("network_remove", 403, "error while removing network: network front id 1 has active endpoints");
  world.remove("front", "Network");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "False EndpointsLeaked");
  EXPECT_EQ(said("Stalled"), "True EndpointsLeaked");
  EXPECT_NE(words("Ready").find("restart the engine"), std::string::npos) << words("Ready");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
}

TEST_P(NetworkTest, EndpointsOfContainersThatAreNoMoreAreTakenAway) {
  world.create_network("front");
  world.settle_network("front");
  engine.lose_endpoint("front", "gone");
  engine.lose_endpoint("bridge", "other");
  engine.reset_counters();
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
  EXPECT_FALSE(on_engine("front"));
  EXPECT_EQ(engine.calls("network_disconnect"), 1u);
  EXPECT_EQ(engine.calls("network_remove"), 2u);
  EXPECT_EQ(trail_of("disconnect"), "gone: intent, succeeded");
}

TEST_P(NetworkTest, AnEndpointThatCannotBeTakenAwayIsOnRecord) {
  world.create_network("front");
  world.settle_network("front");
  engine.lose_endpoint("front", "gone");
  engine.fail("network_disconnect", 500, "no");
  world.remove("front", "Network");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_EQ(trail_of("disconnect"), "gone: intent, failed");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(on_engine("front"));
}

// It has come in between, and is in no snapshot yet.
TEST_P(NetworkTest, AContainerThatThereIsKeepsItsEndpoint) {
  world.create_network("front");
  world.settle_network("front");
  run_on("bridge", "web");
  engine.lose_endpoint("front", "web");
  world.remove("front", "Network");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "False InUse");
  EXPECT_EQ(engine.calls("network_disconnect"), 0u);
  EXPECT_TRUE(on_engine("front"));
}

TEST_P(NetworkTest, WhatTheEngineRefusesIsSaidInItsWords) {
  world.create_network("front", R"({"driver":"nosuch"})");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "False CreateFailed");
  EXPECT_EQ(said("Stalled"), "True CreateFailed");
  EXPECT_EQ(words("Ready"), "plugin \"nosuch\" not found");
  const Json before = world.get("front", "Network");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_EQ(world.get("front", "Network"), before) << "the same again is no news";
  world.patch("front", R"({"spec":{"driver":"bridge"}})", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "True Made");
}

TEST_P(NetworkTest, AnAnswerThatIsLostIsNotASecondNetwork) {
  world.create_network("front");
  engine.cut_after_effect("network_create");
  EXPECT_FALSE(world.settle_network("front")) << "what the call did is in the next plan";
  EXPECT_TRUE(on_engine("front"));
  EXPECT_EQ(said("Ready"), "True Made");
  engine.cut_before_effect("network_remove");
  world.remove("front", "Network");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
  EXPECT_FALSE(on_engine("front"));
}

TEST_P(NetworkTest, WaitsForItsHost) {
  world.create_network("front", R"({"host":"typo"})");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "Unknown HostNotFound");
  EXPECT_EQ(said("HostReachable"), "False HostNotFound");
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front")) << "nothing was ever made, so nothing holds it";
  world.create_network("back");
  world.settle_network("back");
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  world.remove("back", "Network");
  EXPECT_FALSE(world.settle_network("back"));
  EXPECT_TRUE(world.exists("Network", "back"));
  EXPECT_EQ(world.said("Network", "back", "HostReachable"), "False EngineUnreachable");
  EXPECT_NE(world.fact("Network", "back", "networkID"), "") << "what was last seen stays";
  EXPECT_EQ(world.said("Network", "back", "Drifted"), "False AsDeclared");
}

TEST_P(NetworkTest, WhatIsNotBerthsNeedsNoHostToBeLetGo) {
  engine.create_network(parse_json(R"({"Name":"front"})"));
  world.create_network("front");
  ASSERT_FALSE(world.settle_network("front"));
  engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.exists("Network", "front"));
}

TEST_P(NetworkTest, ANamespaceMayForbidIt) {
  world.create_network("front", R"({"driver":"ipvlan"})");
  world.patch("default", R"({"metadata":{"labels":{"berth.dev/enforce":"baseline"}}})", "Namespace");
  EXPECT_TRUE(world.settle_network("front"));
  EXPECT_EQ(said("Ready"), "False CreateFailed");
  EXPECT_NE(words("Ready").find("spec.driver must be bridge or overlay, not ipvlan"), std::string::npos);
  EXPECT_EQ(engine.calls("network_create"), 0u);
}

}  // namespace
}  // namespace berth::reconcilers
