// SPDX-License-Identifier: Apache-2.0
// Whose the engine's names are that a workload gives as they are.
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

class EngineNamesTest : public testing::ResourcesTest {
 protected:
  EngineNamesTest() {
    for (const char* ns : {"team", "shop"}) {
      const Json object = base::JsonObject{{"metadata", base::JsonObject{{"name", ns}}}};
      base::run(resources->create(user, ns_kind, "", Body{object, {}}, {}));
    }
  }
  static Json web(const char* members) {
    return base::parse_json(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
                               "spec":{"host":"local","image":"nginx:1.27",)" +
                            std::string(members) + "}}");
  }
};

TEST_F(EngineNamesTest, ThoseOfAnotherNamespaceAreItsOwn) {
  const Json crossing = web(R"("containerName":"shop_web","networks":[{"name":"shop_net"},{"name":"team_net"}],
      "mounts":[{"type":"Volume","source":"nobody_data","target":"/a"},
                {"type":"Volume","source":"shop_data","target":"/b"}])");
  const base::Status refused =
      testing::refusal([&] { base::run(resources->create(user, container, "team", Body{crossing, {}}, {})); });
  EXPECT_EQ(refused.reason(), base::Reason::Forbidden);
  EXPECT_EQ(refused.message(),
            "containers.berth.dev \"web\" is forbidden: violates berth.dev/enforce \"baseline\" of namespace \"team\": "
            "names of others (spec.containerName \"shop_web\" belongs to namespace \"shop\"), "
            "names of others (spec.mounts[1].source \"shop_data\" belongs to namespace \"shop\"), "
            "names of others (spec.networks[0].name \"shop_net\" belongs to namespace \"shop\")");
  EXPECT_THROW(resources->check_workload(container, "team", crossing), base::Status) << "before an engine create, too";
  EXPECT_NO_THROW(resources->check_workload(container, "default", crossing)) << "privileged";
}

TEST_F(EngineNamesTest, ItsOwnAndNobodysAreFree) {
  const Json own = web(R"("containerName":"shop_web","networks":[{"name":"shop_net"},{"name":"nobody_net"}],
      "mounts":[{"type":"Volume","source":"shop-data","target":"/a"}])");
  EXPECT_NO_THROW(base::run(resources->create(user, container, "shop", Body{own, {}}, {})));
}

TEST_F(EngineNamesTest, ANetworkAndAVolumeAreNoWayAround) {
  const auto refused = [this](const char* kind_name, const std::string& ns, const std::string& spec) -> std::string {
    const Kind& kind = testing::kind_named(kind_name);
    const Json object = base::parse_json(R"({"apiVersion":"berth.dev/v1","kind":")" + std::string(kind_name) +
                                         R"(","metadata":{"name":"x"},"spec":{"host":"local",)" + spec + "}}");
    try {
      resources->check_workload(kind, ns, object);
      return "";
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::Forbidden);
      const std::string marker = "of namespace \"" + ns + "\": ";
      return status.message().substr(status.message().find(marker) + marker.size());
    }
  };
  EXPECT_EQ(refused("Network", "team", R"("driver":"bridge","networkName":"shop_net")"),
            "names of others (spec.networkName \"shop_net\" belongs to namespace \"shop\")");
  EXPECT_EQ(refused("Network", "team", R"("driver":"macvlan","options":{"parent":"eth0"},"networkName":"0a1b")"),
            "host networks (spec.driver must be bridge or overlay, not macvlan), "
            "host networks (spec.options must not have parent), "
            "networks (spec.networkName \"0a1b\" may be the beginning of another network's id)");
  EXPECT_EQ(refused("Network", "team", R"("driver":"bridge","options":{"com.docker.network.driver.mtu":"1400"})"), "");
  EXPECT_EQ(refused("Network", "default", R"("driver":"macvlan")"), "") << "privileged";
  EXPECT_EQ(refused("Volume", "team", R"("driver":"local","driverOpts":{"device":"/etc","o":"bind"})"),
            "binds (spec.driverOpts must not be set)");
  EXPECT_EQ(refused("Volume", "team", R"("driver":"sshfs","volumeName":"shop_data")"),
            "binds (spec.driver must be local, not sshfs), "
            "names of others (spec.volumeName \"shop_data\" belongs to namespace \"shop\")");
  EXPECT_EQ(refused("Volume", "shop", R"("driver":"local","volumeName":"shop_data")"), "");
}

}  // namespace
}  // namespace berth::resources
