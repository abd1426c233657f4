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

}  // namespace
}  // namespace berth::resources
