// SPDX-License-Identifier: Apache-2.0
// What the first look at an engine costs, and what is kept of it: a host has hundreds of containers, and few are ours.
#include <gtest/gtest.h>

#include <thread>

#include "docker/engines.hpp"
#include "tests/fake_engine/fake_engine.hpp"
#include "tests/fake_engine/on_loop.hpp"

namespace berth::docker {
namespace {

using base::find_path;
using base::JsonArray;
using base::JsonObject;
using Extent = ContainerView::Extent;
using fake_engine::FakeEngine;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kOurs = 20;
constexpr int kStrangers = 30;

Task<void> nothing() { co_return; }

class FirstLookTest : public testing::Test {
 protected:
  void SetUp() override { engines_ = Engines::make(metrics_, clock_, {}); }
  void TearDown() override {
    fake_engine::on_loop(loop_, engines_->shutdown());
    engine_.reset();
    engines_.reset();
  }

  void configure(const std::string& host = "host") {
    const std::string path = fake_.socket_path();
    engines_->configure(host, "first", [path] { return unix_connector(path); }, loop_.executor());
    engine_ = engines_->find(host);
  }
  // After each turn of the loop.
  bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < end) fake_engine::on_loop(loop_, nothing());
    return condition();
  }
  bool is(Reachability reachable) {
    return eventually([&] { return engine_->state().reachable == reachable; });
  }
  std::size_t count(Extent extent) const {
    const SnapshotPtr snapshot = engine_->state().snapshot;
    return std::ranges::count_if(snapshot->containers, [&](const auto& each) { return each.second->extent == extent; });
  }
  ContainerViewPtr view(const std::string& name) const {
    const SnapshotPtr snapshot = engine_->state().snapshot;
    return snapshot->containers.at(snapshot->container_by_name(name)->id);
  }
  std::int64_t pids_limit(const std::string& name) const {
    return base::int_at(view(name)->inspect(), "HostConfig.PidsLimit");
  }
  void come_back() {
    fake_.go_away();
    ASSERT_TRUE(is(Reachability::Unreachable));
    fake_.reset_counters();
    fake_.come_back();
    ASSERT_TRUE(clock_.wait_for_sleepers(1));
    clock_.advance(seconds(2));  // the longest backoff
    ASSERT_TRUE(is(Reachability::Reachable));
  }

  // While the host is away, without an event; up to its first inspect after the first resync.
  void change_unseen(const std::string& name) {
    configure();
    ASSERT_TRUE(is(Reachability::Reachable));
    fake_engine::on_loop(loop_, engine_->refresh_container(name));
    fake_.deliver_events(FakeEngine::EventDelivery::Lost);
    fake_.go_away();
    ASSERT_TRUE(is(Reachability::Unreachable));
    fake_.update(name, JsonObject{{"PidsLimit", 50}});
    come_back();
    EXPECT_EQ(fake_.calls("container_inspect"), 0U);
    ASSERT_TRUE(clock_.wait_for_sleepers(1));
    clock_.advance(seconds(30));
    ASSERT_TRUE(fake_.wait_until([&] { return fake_.lists() == 2; }));
    ASSERT_TRUE(clock_.wait_for_sleepers(2)) << "signs of life, and the look";
    clock_.advance(seconds(15));
  }

  base::FakeClock clock_;
  base::Metrics metrics_;
  base::Loop loop_{"engines"};
  FakeEngine fake_;
  std::unique_ptr<Engines> engines_;
  std::shared_ptr<Engine> engine_;
};

const Json kStranger = JsonObject{{"Image", "busybox"}, {"Env", JsonArray{"PLACE=here"}}};
const Json kOurOwn = JsonObject{{"Image", "busybox"}, {"Labels", JsonObject{{"berth.dev/instance", "i"}}}};

TEST_F(FirstLookTest, OursAreInspectedEightAtATimeAndStrangersAreNotWaitedFor) {
  for (int i = 0; i < kOurs; ++i) fake_.run("ours-" + std::to_string(i), kOurOwn);
  for (int i = 0; i < kStrangers; ++i) fake_.run("stranger-" + std::to_string(i), kStranger);
  fake_.hang("container_inspect", 1000);
  configure();
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 8; }));
  fake_engine::on_loop(loop_, nothing());
  EXPECT_EQ(fake_.calls("container_inspect"), 8U);
  EXPECT_EQ(engine_->state().reachable, Reachability::Unknown) << "not before ours are known";
  fake_.release("container_inspect");
  ASSERT_TRUE(is(Reachability::Reachable));
  EXPECT_EQ(count(Extent::Whole), static_cast<std::size_t>(kOurs));
  EXPECT_TRUE(eventually([&] { return count(Extent::Shown) == kStrangers; }));
  EXPECT_EQ(fake_.calls("container_inspect"), static_cast<std::uint64_t>(kOurs + kStrangers));
  EXPECT_EQ(fake_.lists(), 1U);
}

TEST_F(FirstLookTest, AStrangersRowTellsTheSameAsItsInspect) {
  fake_.create_volume(JsonObject{{"Name", "data"}});
  Json body = kStranger;
  body.as_object()["ExposedPorts"] = JsonObject{{"80/tcp", JsonObject{}}, {"81/tcp", JsonObject{}}};
  body.as_object()["HostConfig"] =
      JsonObject{{"PortBindings", JsonObject{{"80/tcp", JsonArray{JsonObject{{"HostPort", "8080"}}}}}},
                 {"Mounts", JsonArray{JsonObject{{"Type", "volume"}, {"Source", "data"}, {"Target", "/data"}}}}};
  fake_.run("web", body);
  fake_.hang("container_inspect");
  configure();
  ASSERT_TRUE(is(Reachability::Reachable)) << "nobody waits for a stranger";
  const Json row = view("web")->inspect();
  ASSERT_EQ(view("web")->extent, Extent::Row);
  fake_.release("container_inspect");
  ASSERT_TRUE(eventually([&] { return count(Extent::Shown) == 1; }));
  const Json inspect = view("web")->inspect();
  for (const char* path : {"Id", "Name", "Image", "Mounts", "State.Status", "Config.Image", "Config.Labels",
                           "NetworkSettings.Ports", "NetworkSettings.Networks"}) {
    ASSERT_NE(find_path(inspect, path), nullptr) << path;
    ASSERT_NE(find_path(row, path), nullptr) << path;
    EXPECT_TRUE(base::json_equal(*find_path(inspect, path), *find_path(row, path))) << path;
  }
  EXPECT_NE(find_path(inspect, "Config.Env"), nullptr);
  EXPECT_FALSE(base::string_at(inspect, "State.StartedAt").empty());
}

TEST_F(FirstLookTest, AStrangerTakesLittleRoom) {
  fake_.run("stranger", kStranger);
  fake_.run("ours", kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  ASSERT_TRUE(eventually([&] { return count(Extent::Shown) == 1; }));
  const ContainerViewPtr stranger = view("stranger");
  EXPECT_LT(sizeof *stranger + stranger->text.capacity(), 1500U);
  EXPECT_GT(view("ours")->text.size(), 2 * stranger->text.size()) << "the fake's inspect is as large as an engine's";
  EXPECT_EQ(find_path(stranger->inspect(), "HostConfig"), nullptr);
  EXPECT_NE(find_path(view("ours")->inspect(), "HostConfig"), nullptr);
}

TEST_F(FirstLookTest, WhatSomebodyAskedForIsWholeFromThenOn) {
  fake_.run("stranger", kStranger);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  fake_engine::on_loop(loop_, engine_->refresh_container("stranger"));
  EXPECT_EQ(view("stranger")->extent, Extent::Whole);
  come_back();
  EXPECT_EQ(view("stranger")->extent, Extent::Whole) << "from the first moment";
}

TEST_F(FirstLookTest, WhatIsAskedForIsWholeThoughAnEventIsReadFirst) {
  fake_.run("stranger", kStranger);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  ASSERT_TRUE(eventually([&] { return count(Extent::Shown) == 1; }));
  fake_.reset_counters();
  fake_.hang("container_inspect");
  std::thread asker([&] { fake_engine::on_loop(loop_, engine_->refresh_container("stranger")); });
  EXPECT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 1; }));
  fake_.pause("stranger");
  EXPECT_TRUE(eventually([&] { return view("stranger")->state == "paused"; }));
  fake_.release("container_inspect");
  asker.join();
  EXPECT_EQ(view("stranger")->extent, Extent::Whole);
}

TEST_F(FirstLookTest, AnEngineThatComesBackIsAskedForWhatIsNew) {
  for (int i = 0; i < kStrangers; ++i) fake_.run("stranger-" + std::to_string(i), kStranger);
  for (int i = 0; i < kOurs; ++i) fake_.run("ours-" + std::to_string(i), kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  ASSERT_TRUE(eventually([&] { return count(Extent::Shown) == kStrangers; }));
  come_back();
  EXPECT_EQ(count(Extent::Shown), static_cast<std::size_t>(kStrangers)) << "as they were";
  EXPECT_EQ(count(Extent::Whole), static_cast<std::size_t>(kOurs));
  EXPECT_EQ(fake_.calls("container_inspect"), 0U);
  fake_.go_away();
  ASSERT_TRUE(is(Reachability::Unreachable));
  fake_.kill("stranger-7");
  fake_.kill("ours-7");
  come_back();
  EXPECT_EQ(view("stranger-7")->state, "exited");
  EXPECT_EQ(view("ours-7")->state, "exited");
}

TEST_F(FirstLookTest, WhatNoListShowsIsToldByTheEventsOfTheMeantime) {
  fake_.run("ours", kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  fake_.go_away();
  ASSERT_TRUE(is(Reachability::Unreachable));
  fake_.update("ours", JsonObject{{"PidsLimit", 50}});
  come_back();
  EXPECT_TRUE(eventually([&] { return pids_limit("ours") == 50; })) << "though no event came before";
}

TEST_F(FirstLookTest, WhatAnEventToldAndNobodyReadIsReadByTheNextSession) {
  fake_.run("ours", kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  fake_.reset_counters();
  fake_.hang("container_inspect");
  fake_.update("ours", JsonObject{{"PidsLimit", 50}});
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 1; }));
  fake_.go_away();
  ASSERT_TRUE(is(Reachability::Unreachable));
  come_back();
  EXPECT_EQ(pids_limit("ours"), 50) << "from the first moment";
}

TEST_F(FirstLookTest, ABurstWhoseListIsCutIsReadByTheNextSession) {
  constexpr int kMany = 90;  // more than are read at once and then make one list
  const auto name = [](int i) { return "ours-" + std::to_string(i); };
  for (int i = 0; i < kMany; ++i) fake_.run(name(i), kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  fake_.hang("container_inspect", 1000);
  fake_.hang("container_list");
  for (int i = 0; i < kMany; ++i) fake_.update(name(i), JsonObject{{"PidsLimit", 50}});
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.lists() == 2; }));
  fake_.go_away();
  ASSERT_TRUE(is(Reachability::Unreachable));
  fake_.release("container_inspect");
  fake_.release("container_list");
  come_back();
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(eventually([&] { return pids_limit(name(i)) == 50; })) << name(i);
  }
}

TEST_F(FirstLookTest, WhatNoListAndNoEventShowsIsFoundByTheFirstResync) {
  fake_.run("ours", kOurOwn);
  change_unseen("ours");
  EXPECT_TRUE(eventually([&] { return pids_limit("ours") == 50; }));
}

TEST_F(FirstLookTest, AlsoOfAStrangerThatSomebodyAskedFor) {
  fake_.run("stranger", kStranger);
  change_unseen("stranger");
  EXPECT_TRUE(eventually([&] { return pids_limit("stranger") == 50; }));
}

TEST_F(FirstLookTest, AnEngineThatHangsIsNoticedWhileContainersAreLookedAt) {
  engines_ = Engines::make(metrics_, clock_, {.liveness_period = seconds(5), .probe_limit = milliseconds(500)});
  fake_.run("ours", kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  come_back();
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(seconds(30));
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.lists() == 2; }));
  ASSERT_TRUE(clock_.wait_for_sleepers(2)) << "signs of life, and the look";
  fake_.hang("container_inspect", 1000);
  fake_.hang("ping", 1000);
  clock_.advance(seconds(5));
  EXPECT_TRUE(is(Reachability::Unreachable));
  EXPECT_EQ(fake_.calls("container_inspect"), 0U) << "its turn has not come";
}

// A daemon that starts makes its bridge anew, and knows no events of the one before.
TEST_F(FirstLookTest, OursAreInspectedWhenNetworksAreOthers) {
  fake_.run("ours", kOurOwn);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  fake_.go_away();
  ASSERT_TRUE(is(Reachability::Unreachable));
  fake_.create_network(JsonObject{{"Name", "other"}});
  come_back();
  EXPECT_EQ(fake_.calls("container_inspect"), 1U);
}

TEST_F(FirstLookTest, AStrangerThatCannotBeDescribedHoldsUpNoOtherAndIsAskedForAgain) {
  for (int i = 0; i < kStrangers; ++i) fake_.run("stranger-" + std::to_string(i), kStranger);
  fake_.fail("container_inspect", 500, "broken");
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  ASSERT_TRUE(eventually([&] { return count(Extent::Shown) == kStrangers - 1; }));
  EXPECT_EQ(count(Extent::Row), 1U);
  fake_engine::on_loop(loop_, engine_->resync());
  EXPECT_TRUE(eventually([&] { return count(Extent::Shown) == kStrangers; }));
}

TEST_F(FirstLookTest, WhatSomebodyAskedForIsItsRowWhileItCannotBeDescribed) {
  fake_.run("stranger", kStranger);
  configure();
  ASSERT_TRUE(is(Reachability::Reachable));
  fake_engine::on_loop(loop_, engine_->refresh_container("stranger"));
  fake_.kill("stranger");
  ASSERT_TRUE(eventually([&] { return view("stranger")->state == "exited"; }));
  fake_.fail("container_inspect", 500, "broken");
  come_back();
  EXPECT_EQ(view("stranger")->state, "exited");
}

TEST_F(FirstLookTest, EnginesThatAnswerNothingDoNotHoldUpTheEnd) {
  fake_.hang("version", 1000);
  for (int i = 0; i < 20; ++i) configure("host-" + std::to_string(i));
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("version") == 20; }));
  fake_engine::on_loop(loop_, engines_->shutdown());
  EXPECT_TRUE(engines_->hosts().empty());
}

}  // namespace
}  // namespace berth::docker
