// SPDX-License-Identifier: Apache-2.0
// docker::Engines follows what somebody else does to an engine, the same on every engine.
#include <condition_variable>
#include <mutex>

#include "docker/engines.hpp"
#include "tests/engine_suite/suite.hpp"

namespace berth::engine_suite {

using docker::Client;
using docker::ContainerView;
using docker::Engine;
using docker::Engines;
using docker::Reachability;

class EngineViewSuite : public EngineSuite {
 protected:
  void SetUp() override {
    EngineSuite::SetUp();
    engines_ = Engines::make(metrics(), base::real_clock(), {});
    engines_->listen([this](const docker::EngineChange&) { woken(); });
    const std::string path = socket_path();
    engines_->configure("host", path, [path] { return docker::unix_connector(path); }, view_loop_.executor());
    engine_ = engines_->find("host");
    ASSERT_TRUE(eventually([&] { return engine_->state().reachable == Reachability::Reachable; }));
  }

  void TearDown() override {
    if (engines_) fake_engine::on_loop(view_loop_, engines_->shutdown());
    engine_.reset();
    engines_.reset();
    EngineSuite::TearDown();
  }

  void woken() {
    const std::scoped_lock lock(mutex_);
    changed_.notify_all();
  }

  bool eventually(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }

  // The view of a container; null when the snapshot does not hold it.
  std::shared_ptr<const ContainerView> view(const std::string& id) {
    const docker::SnapshotPtr snapshot = engine_->state().snapshot;
    const auto found = snapshot->containers.find(id);
    return found == snapshot->containers.end() ? nullptr : found->second;
  }

  bool has_state(const std::string& id, const std::string& state) {
    return eventually([&] {
      const auto seen = view(id);
      return seen && seen->state == state;
    });
  }

  base::Loop view_loop_{"view"};
  std::unique_ptr<Engines> engines_;
  std::shared_ptr<Engine> engine_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_P(EngineViewSuite, FollowsAContainerThroughItsStates) {
  const std::string name = fresh_name("followed");
  const std::string id = run(name, sleeper());
  ASSERT_TRUE(has_state(id, "running"));
  fake_engine::on_loop(view_loop_, engine_->refresh_container(id));  // one without our labels is then known whole
  EXPECT_EQ(view(id)->name, name);
  EXPECT_EQ(view(id)->labels.at("suite"), "yes");
  EXPECT_EQ(engine_->state().snapshot->container_by_name(name)->id, id);
  wait(client().pause_container(id));
  EXPECT_TRUE(has_state(id, "paused"));
  wait(client().unpause_container(id));
  EXPECT_TRUE(has_state(id, "running"));
  wait(client().rename_container(id, name + "-2"));
  EXPECT_TRUE(eventually([&] { return engine_->state().snapshot->container_by_name(name + "-2") != nullptr; }));
  EXPECT_EQ(engine_->state().snapshot->container_by_name(name), nullptr);
  wait(client().update_container(id, JsonObject{{"Memory", 67108864}, {"MemorySwap", 134217728}}));
  EXPECT_TRUE(eventually([&] { return base::int_at(view(id)->inspect(), "HostConfig.Memory") == 67108864; }));
  wait(client().kill_container(id, "KILL"));
  EXPECT_TRUE(has_state(id, "exited"));
  wait(client().remove_container(id, Client::RemoveMode::Force, Client::AnonymousVolumes::Remove));
  EXPECT_TRUE(eventually([&] { return view(id) == nullptr; }));
}

TEST_P(EngineViewSuite, FollowsNetworksAndVolumes) {
  const std::string name = fresh_name("net");
  const std::string network = make_network(name);
  EXPECT_TRUE(eventually([&] { return engine_->state().snapshot->network_by_name(name) != nullptr; }));
  Json body = sleeper();
  body.at("HostConfig").as_object()["NetworkMode"] = name;
  const std::string id = run(fresh_name("member"), body);
  ASSERT_TRUE(has_state(id, "running"));
  wait(client().disconnect_network(network, id));
  EXPECT_TRUE(eventually([&] {
    const Json inspect = view(id)->inspect();
    return base::find_path(inspect, "NetworkSettings.Networks")->as_object().empty();
  }));
  wait(client().remove_network(network));
  EXPECT_TRUE(eventually([&] { return engine_->state().snapshot->network_by_name(name) == nullptr; }));
  const std::string volume = fresh_name("data");
  wait(client().create_volume(JsonObject{{"Name", volume}}));
  EXPECT_TRUE(eventually([&] { return engine_->state().snapshot->volumes.contains(volume); }));
  wait(client().remove_volume(volume));
  EXPECT_TRUE(eventually([&] { return !engine_->state().snapshot->volumes.contains(volume); }));
}

TEST_P(EngineViewSuite, AnActionIsOverOnceItsEffectIsInTheSnapshot) {
  const std::string id = run(fresh_name("acted"), sleeper());
  docker::SnapshotPtr seen = fake_engine::on_loop(view_loop_, engine_->refresh_container(id));
  EXPECT_EQ(seen->containers.at(id)->state, "running");
  wait(client().kill_container(id, "KILL"));
  wait(client().wait_container(id, std::chrono::seconds(30)));
  seen = fake_engine::on_loop(view_loop_, engine_->refresh_container(id));
  EXPECT_EQ(seen->containers.at(id)->state, "exited");
  wait(client().remove_container(id, Client::RemoveMode::Force, Client::AnonymousVolumes::Remove));
  seen = fake_engine::on_loop(view_loop_, engine_->refresh_container(id));
  EXPECT_FALSE(seen->containers.contains(id));
}

TEST_P(EngineViewSuite, AResyncOfAConvergedEngineInspectsNothing) {
  const std::string id = run(fresh_name("still"), sleeper());
  ASSERT_TRUE(has_state(id, "running"));
  fake_engine::on_loop(view_loop_, engine_->refresh_container(id));
  const auto before = engine_->state().snapshot->generation;
  fake_engine::on_loop(view_loop_, engine_->resync());
  fake_engine::on_loop(view_loop_, engine_->resync());
  EXPECT_EQ(engine_->state().snapshot->generation, before);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineViewSuite, testing::ValuesIn(engine_names()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace berth::engine_suite
