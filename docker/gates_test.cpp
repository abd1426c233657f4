// SPDX-License-Identifier: Apache-2.0
#include "docker/gates.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "docker/create_plan.hpp"
#include "docker/field_gates.hpp"

namespace berth::docker {
namespace {

constexpr ApiVersion kOld{1, 41};
constexpr ApiVersion kNew{1, 55};

// The field of the refusal; "" when nothing is refused.
std::string refused(const std::string& body, ApiVersion version) {
  try {
    check_create(base::parse_json(body), version);
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), base::Reason::Invalid);
    if (status.details().causes.size() != 1) return "no cause";
    return status.details().causes[0].field;
  }
  return "";
}

struct GateCase {
  const char* body;
  const char* field;
  ApiVersion last;   // the last version that is refused
  ApiVersion first;  // the first that is not
};

class Gates : public testing::TestWithParam<GateCase> {};

TEST_P(Gates, RefuseWhereTheEngineWouldDropIt) {
  EXPECT_EQ(refused(GetParam().body, GetParam().last), GetParam().field);
  EXPECT_EQ(refused(GetParam().body, GetParam().first), "");
}

const GateCase kCases[] = {
    {R"({"Healthcheck":{"StartInterval":5}})", "Healthcheck.StartInterval", {1, 43}, {1, 44}},
    {R"({"HostConfig":{"Annotations":{"a":"b"}}})", "HostConfig.Annotations", {1, 42}, {1, 43}},
    {R"({"HostConfig":{"ConsoleSize":[24,80]}})", "HostConfig.ConsoleSize", {1, 41}, {1, 42}},
    {R"({"HostConfig":{"CgroupnsMode":"private"}})", "HostConfig.CgroupnsMode", {1, 40}, {1, 41}},
    {R"({"HostConfig":{"Mounts":[{"Type":"volume","VolumeOptions":{"Subpath":"a"}}]}})",
     "HostConfig.Mounts[0].VolumeOptions.Subpath",
     {1, 44},
     {1, 45}},
    {R"({"HostConfig":{"Mounts":[{"Type":"bind"},{"Type":"image"}]}})", "HostConfig.Mounts[1].Type", {1, 47}, {1, 48}},
    {R"({"HostConfig":{"Mounts":[{"Type":"bind","BindOptions":{"CreateMountpoint":true}}]}})",
     "HostConfig.Mounts[0].BindOptions.CreateMountpoint",
     {1, 41},
     {1, 42}},
    {R"({"HostConfig":{"Mounts":[{"Type":"bind","BindOptions":{"ReadOnlyForceRecursive":true}}]}})",
     "HostConfig.Mounts[0].BindOptions.ReadOnlyForceRecursive",
     {1, 43},
     {1, 44}},
    {R"({"HostConfig":{"Mounts":[{"Type":"tmpfs","TmpfsOptions":{"Options":[["noexec"]]}}]}})",
     "HostConfig.Mounts[0].TmpfsOptions.Options",
     {1, 45},
     {1, 46}},
    {R"({"NetworkingConfig":{"EndpointsConfig":{"n":{"GwPriority":1}}}})",
     "NetworkingConfig.EndpointsConfig[n].GwPriority",
     {1, 47},
     {1, 48}},
    {R"({"NetworkingConfig":{"EndpointsConfig":{"n":{"DriverOpts":{"com.docker.network.endpoint.ifname":"eth7"}}}}})",
     "NetworkingConfig.EndpointsConfig[n].DriverOpts[com.docker.network.endpoint.ifname]",
     {1, 48},
     {1, 49}},
};
INSTANTIATE_TEST_SUITE_P(Fields, Gates, testing::ValuesIn(kCases));

TEST(Gates, WhatIsNotSetIsNotRefused) {
  EXPECT_EQ(refused(R"({"Image":"x","Healthcheck":{"StartInterval":0},"HostConfig":{"ConsoleSize":[0,0],
      "Annotations":{},"CgroupnsMode":"","Mounts":[{"Type":"volume","VolumeOptions":{"Subpath":""}}]}})",
                    {1, 40}),
            "");
}

TEST(Gates, APortNeedsAnAddressAtEveryVersion) {
  const auto body = [](const std::string& address) {
    return R"({"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":""},{"HostIp":")" + address + R"("}]}}})";
  };
  for (const ApiVersion version : {kOld, kNew}) {
    for (const char* address : {"127.0.0.1", "::1", "0.0.0.0", ""}) EXPECT_EQ(refused(body(address), version), "");
    for (const char* text : {"localhost", "not-an-ip", "127.0.0.1:80", "1.2.3", "[::1]", " 127.0.0.1"}) {
      EXPECT_EQ(refused(body(text), version), "HostConfig.PortBindings[80/tcp][1].HostIp") << text;
    }
  }
}

TEST(Gates, ANetworkWithoutIpv4NeedsAnEngineThatKnowsIt) {
  EXPECT_THROW(check_network(base::parse_json(R"({"EnableIPv4":false})"), {1, 47}), base::Status);
  EXPECT_NO_THROW(check_network(base::parse_json(R"({"EnableIPv4":false})"), {1, 48}));
  EXPECT_NO_THROW(check_network(base::parse_json(R"({"EnableIPv4":true})"), {1, 41}));
}

TEST(CreatePlan, PutsTheMacAddressWhereTheVersionReadsIt) {
  const Json at_container = base::parse_json(R"({"MacAddress":"02:00:00:00:00:01","HostConfig":{"NetworkMode":"n"}})");
  const Json at_endpoint = base::parse_json(
      R"({"HostConfig":{"NetworkMode":"n"},"NetworkingConfig":{"EndpointsConfig":{"n":{"MacAddress":"02:00:00:00:00:01"}}}})");
  for (const Json& body : {at_container, at_endpoint}) {
    const Json old_body = plan_create(body, kOld).body;
    EXPECT_EQ(base::string_at(old_body, "MacAddress"), "02:00:00:00:00:01");
    EXPECT_EQ(base::string_at(old_body, "NetworkingConfig.EndpointsConfig.n.MacAddress"), "");
    const Json new_body = plan_create(body, kNew).body;
    EXPECT_EQ(base::string_at(new_body, "MacAddress"), "");
    EXPECT_EQ(base::string_at(new_body, "NetworkingConfig.EndpointsConfig.n.MacAddress"), "02:00:00:00:00:01");
  }
  const Json on_default = plan_create(base::parse_json(R"({"MacAddress":"02:00:00:00:00:01"})"), kNew).body;
  EXPECT_EQ(base::string_at(on_default, "NetworkingConfig.EndpointsConfig.bridge.MacAddress"), "02:00:00:00:00:01");
}

TEST(CreatePlan, RefusesAMacAddressThatNoNetworkWouldTake) {
  EXPECT_EQ(refused(R"({"MacAddress":"02:00:00:00:00:01","HostConfig":{"NetworkMode":"host"}})", kNew), "MacAddress");
  EXPECT_EQ(refused(R"({"HostConfig":{"NetworkMode":"a"},"NetworkingConfig":{"EndpointsConfig":
      {"a":{},"b":{"MacAddress":"02:00:00:00:00:01"}}}})",
                    kOld),
            "NetworkingConfig.EndpointsConfig[b].MacAddress");
}

TEST(CreatePlan, SplitsSeveralNetworksForEnginesThatTakeOne) {
  const Json body = base::parse_json(
      R"({"HostConfig":{"NetworkMode":"b"},"NetworkingConfig":{"EndpointsConfig":{"a":{"Aliases":["x"]},"b":{},"c":{}}}})");
  const CreatePlan old_plan = plan_create(body, kOld);
  EXPECT_EQ(base::to_canonical(*base::find_path(old_plan.body, "NetworkingConfig.EndpointsConfig")), R"({"b":{}})");
  ASSERT_EQ(old_plan.connect_after.size(), 2u);
  EXPECT_EQ(old_plan.connect_after[0].first, "a");
  EXPECT_EQ(base::to_canonical(old_plan.connect_after[0].second), R"({"Aliases":["x"]})");
  EXPECT_EQ(old_plan.connect_after[1].first, "c");
  const CreatePlan new_plan = plan_create(body, {1, 44});
  EXPECT_TRUE(new_plan.connect_after.empty());
  EXPECT_TRUE(base::json_equal(new_plan.body, body));
}

}  // namespace
}  // namespace berth::docker
