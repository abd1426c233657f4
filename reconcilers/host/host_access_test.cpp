// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_access.hpp"

#include "reconcilers/host/host_status.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;

constexpr const char* kHost = R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"far","generation":3},
    "spec":{"ssh":{"address":"192.0.2.7","port":22,"user":"deploy","transport":"Auto",
        "engineSocket":"/var/run/docker.sock","identitySecretRef":{"namespace":"default","name":"key"},
        "hostKeys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"],
        "jumps":[{"address":"bastion","port":2222,"user":"jump",
                  "identitySecretRef":{"namespace":"default","name":"key"}}]}}})";

schemas::Host host_of(const std::string& text) { return schemas::decode_host(base::parse_json(text)); }

class HostAccessTest : public ::testing::Test {
 protected:
  std::string id() { return host_access(host.spec, *world.resources, world.ssh).id; }
  void keep_secret(const std::string& value) {
    const std::string data = R"({"stringData":{"ssh-privatekey":")" + value + R"("}})";
    world.patch("key", data, "Secret");
  }
  World world;
  schemas::Host host = host_of(kHost);
};

TEST_F(HostAccessTest, DiffersWhenAnythingDoesThatAConnectionIsMadeFrom) {
  std::set<std::string> seen{id()};
  EXPECT_TRUE(seen.contains(id())) << "the same twice, though the Secret is not there";
  world.create_object("Secret", R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"}})");
  EXPECT_TRUE(seen.insert(id()).second) << "the Secret came";
  keep_secret("canary-one");
  EXPECT_TRUE(seen.insert(id()).second);
  keep_secret("canary-two");
  EXPECT_TRUE(seen.insert(id()).second);
  world.patch("key", R"({"metadata":{"labels":{"a":"b"}}})", "Secret");
  EXPECT_FALSE(seen.insert(id()).second) << "nothing that matters has changed";
  host.spec.ssh->host_keys.clear();
  EXPECT_TRUE(seen.insert(id()).second);
  host.spec.ssh->jumps[0].user = "other";
  EXPECT_TRUE(seen.insert(id()).second);
  host.spec.ssh->transport = "DialStdio";
  EXPECT_TRUE(seen.insert(id()).second);
  for (const std::string& each : seen) EXPECT_EQ(each.find("canary"), std::string::npos) << "and it says nothing";
}

TEST_F(HostAccessTest, KeysThatAreNoneAreNamed) {
  host.spec.ssh->jumps[0].host_keys = {"ssh-ed25519 AAAA"};
  const HostAccess access = host_access(host.spec, *world.resources, world.ssh);
  ASSERT_TRUE(access.refused);
  EXPECT_EQ(access.refused->reason, "SpecInvalid");
  EXPECT_EQ(access.refused->message.find("spec.ssh.jumps[0].hostKeys[0]: "), 0u) << access.refused->message;
}

TEST_F(HostAccessTest, PlaceOfEachServersKeys) {
  EXPECT_EQ(host_keys_field(host.spec, 0), "spec.ssh.jumps[0].hostKeys");
  EXPECT_EQ(host_keys_field(host.spec, 1), "spec.ssh.hostKeys");
}

class HostStatusTest : public ::testing::Test {
 protected:
  std::string condition(const std::string& type) {
    host.status = host_status(host, engine, base::WallTime{});
    const schemas::Condition* found = find_condition(host.status.conditions, type);
    return found ? found->status + " " + found->reason : "absent";
  }
  schemas::Host host = host_of(kHost);
  docker::EngineState engine;
};

TEST_F(HostStatusTest, SaysWhatTheLinkFoundOut) {
  engine.reachable = docker::Reachability::Unreachable;
  engine.message = "nobody";
  engine.link.fault = "NoAnswer";
  EXPECT_EQ(condition("Ready"), "False NoAnswer");
  EXPECT_EQ(condition("HostKeyTrusted"), "Unknown NotReached");

  engine.link.trust = docker::LinkReport::Trust::Unknown;
  engine.link.offered = docker::OfferedHostKey{0, "bastion:2222", "ssh-ed25519 AAAA", "SHA256:x"};
  EXPECT_EQ(condition("HostKeyTrusted"), "False HostKeyUnknown");
  EXPECT_EQ(host.status.offered_host_key->field, "spec.ssh.jumps[0].hostKeys");

  engine.link = {};
  engine.link.transport = "DialStdio";
  engine.link.note = "forwarding is off";
  engine.link.trust = docker::LinkReport::Trust::Trusted;
  engine.reachable = docker::Reachability::Reachable;
  EXPECT_EQ(condition("Ready"), "True EngineReachable");
  EXPECT_EQ(host.status.conditions[0].message, "by DialStdio, because forwarding is off");
  EXPECT_EQ(condition("HostKeyTrusted"), "True HostKeyPinned");
  EXPECT_EQ(host.status.transport, "DialStdio");
  EXPECT_FALSE(host.status.offered_host_key);
}

TEST_F(HostStatusTest, KnownTrustStaysWhileTheServerIsAwayAndTheSpecIsTheSame) {
  engine.reachable = docker::Reachability::Unreachable;
  engine.link.trust = docker::LinkReport::Trust::Changed;
  EXPECT_EQ(condition("HostKeyTrusted"), "False HostKeyChanged");
  engine.link = {};
  EXPECT_EQ(condition("HostKeyTrusted"), "False HostKeyChanged");
  host.metadata.generation = 4;
  EXPECT_EQ(condition("HostKeyTrusted"), "Unknown NotReached");
}

}  // namespace
}  // namespace berth::reconcilers
