// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/engine_port.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Task;
using testing::World;

Task<void> take(DockerPort& port, resources::Caller caller, resources::AdoptionRequest request, Json& manifest) {
  manifest = co_await port.adoption_manifest(std::move(caller), std::move(request));
}

TEST(PortManifestTest, WhoseNetworkItSharesIsNoWordOfASpec) {
  World world;
  DockerPort port{*world.resources, *world.engines, *world.pulls, world.clock};
  world.engine.run("web", JsonObject{{"Image", "busybox:latest"}});
  world.refresh();
  const auto& snapshot = *world.engines->find("local")->state().snapshot;
  const std::string id = snapshot.container_by_name("web")->id;
  ASSERT_EQ(id.size(), 64U) << "as an engine keeps it";
  world.engine.run("sidecar", JsonObject{{"Image", "busybox:latest"},
                                         {"HostConfig", JsonObject{{"NetworkMode", "container:" + id}}}});
  world.refresh();
  Json made;
  fake_engine::on_loop(world.loop, take(port, world.user, {"local", "sidecar", "default", ""}, made));
  EXPECT_EQ(base::find_path(made, "manifest.spec.networkMode"), nullptr) << made;
  EXPECT_TRUE(base::json_equal(made.at("unsaid"), JsonArray{"HostConfig.NetworkMode"})) << made;
}

}  // namespace
}  // namespace berth::reconcilers
