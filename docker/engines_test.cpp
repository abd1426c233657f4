// SPDX-License-Identifier: Apache-2.0
// The engine view under faults, on a clock that the test turns. What it follows on a healthy engine is in
// tests/engine_suite.
#include "docker/engines.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/status.hpp"
#include "tests/fake_engine/fake_engine.hpp"
#include "tests/fake_engine/on_loop.hpp"

namespace berth::docker {
namespace {

using base::JsonObject;
using fake_engine::FakeEngine;
using std::chrono::seconds;

Task<void> nothing() { co_return; }

const Json kBody =
    JsonObject{{"Image", "busybox"}, {"Labels", JsonObject{{"app", "web"}, {"berth.dev/instance", "i"}}}};

class EnginesTest : public testing::Test {
 protected:
  void SetUp() override { make({}); }
  void TearDown() override { close(); }

  void make(EnginesOptions options) {
    close();
    engines_ = Engines::make(metrics_, clock_, options);
    engines_->listen([this](const EngineChange& change) {
      const std::scoped_lock lock(mutex_);
      changes_.push_back(change);
      changed_.notify_all();
    });
  }
  void close() {
    if (engines_) fake_engine::on_loop(loop_, engines_->shutdown());
    engine_.reset();
    engines_.reset();
  }

  void connect(const std::string& id = "first") {
    const std::string path = fake_.socket_path();
    engines_->configure("host", id, [path] { return unix_connector(path); }, loop_.executor());
    engine_ = engines_->find("host");
    ASSERT_TRUE(reachable());
    // The session keeps in step from here on: its sleep is what advance() turns.
    ASSERT_TRUE(clock_.wait_for_sleepers(1));
  }

  bool eventually(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), condition);
  }
  bool reachable() {
    return eventually([&] { return engine_->state().reachable == Reachability::Reachable; });
  }
  bool unreachable() {
    return eventually([&] { return engine_->state().reachable == Reachability::Unreachable; });
  }
  bool web_is(const std::string& state) { return is("web", state); }
  bool is(const std::string& name, const std::string& state) {
    return eventually([&] {
      const SnapshotPtr snapshot = engine_->state().snapshot;
      const ContainerView* view = snapshot->container_by_name(name);
      return view == nullptr ? state == "absent" : view->state == state;
    });
  }
  bool knows(const std::string& name, ContainerView::Extent extent) {
    return eventually([&] {
      const SnapshotPtr snapshot = engine_->state().snapshot;
      const ContainerView* view = snapshot ? snapshot->container_by_name(name) : nullptr;
      return view != nullptr && view->extent == extent;
    });
  }
  // Turns the clock by one resync period and waits until the list has come and its inspects are over.
  void pass_one_period() {
    const auto lists = fake_.lists();
    clock_.advance(seconds(30));
    ASSERT_TRUE(fake_.wait_until([&] { return fake_.lists() > lists; }));
    ASSERT_TRUE(clock_.wait_for_sleepers(1));
  }
  template <class T>
  T wait(Task<T> task) {
    return fake_engine::on_loop(loop_, std::move(task));
  }

  base::FakeClock clock_;
  base::Metrics metrics_;
  base::Loop loop_{"engines"};
  FakeEngine fake_;
  std::unique_ptr<Engines> engines_;
  std::shared_ptr<Engine> engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EngineChange> changes_;
};

TEST_F(EnginesTest, ANewEngineIsListedOnce) {
  fake_.run("web", kBody);
  connect();
  const EngineState state = engine_->state();
  ASSERT_NE(state.facts, nullptr);
  EXPECT_EQ(state.facts->version, "20.10.24+dfsg1");
  EXPECT_EQ(state.snapshot->container_by_name("web")->labels.at("app"), "web");
  EXPECT_NE(state.snapshot->image("busybox"), nullptr);
  EXPECT_NE(state.snapshot->network_by_name("bridge"), nullptr);
  EXPECT_EQ(fake_.lists(), 1u);
  EXPECT_EQ(fake_.calls("container_inspect"), 1u);
  EXPECT_EQ(fake_.writes(), 0u);
}

TEST_F(EnginesTest, AnOwnedContainerThatCannotBeDescribedIsNotTakenForGone) {
  fake_.run("foreign", JsonObject{{"Image", "busybox"}});
  fake_.fail("container_inspect", 500, "cannot describe");
  connect();
  EXPECT_EQ(engine_->state().snapshot->container_by_name("foreign")->extent, ContainerView::Extent::Row);

  fake_.run("owned", kBody);
  fake_.fail("container_inspect", 500, "cannot describe", 1000);
  const std::string path = fake_.socket_path();
  engines_->configure("host", "second", [path] { return unix_connector(path); }, loop_.executor());
  engine_ = engines_->find("host");
  ASSERT_TRUE(unreachable());
  EXPECT_EQ(engine_->state().message, "cannot describe");
}

TEST_F(EnginesTest, AConvergedEngineCostsOneListAPeriod) {
  for (int i = 0; i < 20; ++i) fake_.run("web-" + std::to_string(i), kBody);
  connect();
  fake_.reset_counters();
  for (int i = 0; i < 5; ++i) pass_one_period();
  EXPECT_EQ(fake_.lists(), 5u);
  EXPECT_EQ(fake_.total(), 5u);
}

TEST_F(EnginesTest, WhatEventsDidNotTellIsFoundByTheNextList) {
  fake_.run("web", kBody);
  fake_.run("other", kBody);
  connect();
  fake_.deliver_events(FakeEngine::EventDelivery::Lost);
  fake_.reset_counters();
  fake_.kill("web");
  pass_one_period();
  EXPECT_TRUE(web_is("exited"));
  EXPECT_EQ(fake_.calls("container_inspect"), 1u);
  fake_.start("web");
  pass_one_period();
  EXPECT_TRUE(web_is("running"));
  fake_.pause("web");
  pass_one_period();
  EXPECT_TRUE(web_is("paused"));
  fake_.unpause("web");
  fake_.disconnect("bridge", "web");
  pass_one_period();
  EXPECT_TRUE(eventually([&] {
    const SnapshotPtr snapshot = engine_->state().snapshot;
    const ContainerView* view = snapshot->container_by_name("web");
    const Json inspect = view->inspect();
    return base::find_path(inspect, "NetworkSettings.Networks")->as_object().empty();
  }));
  fake_.remove("web");
  pass_one_period();
  EXPECT_TRUE(web_is("absent"));
}

TEST_F(EnginesTest, ManyEventsWhileAnInspectIsUnderWayAreOneMore) {
  fake_.run("web", kBody);
  connect();
  fake_.reset_counters();
  fake_.hang("container_inspect");
  fake_.pause("web");
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 1; }));
  for (int i = 0; i < 5; ++i) {
    fake_.unpause("web");
    fake_.pause("web");
  }
  const base::Counter events =
      metrics_.counter("berth_engine_events_total", "Events that an engine sent.", {{"host", "host"}});
  while (events.value() < 11) wait(nothing());
  fake_.release("container_inspect");
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 2; }));
  // A list after them is answered after them: nothing else was on its way.
  wait(engine_->resync());
  EXPECT_EQ(fake_.calls("container_inspect"), 2u);
}

// As an engine does with a container that it is starting: it is described once that is over.
TEST_F(EnginesTest, AnInspectThatTakesItsTimeHoldsUpNoOther) {
  fake_.run("slow", kBody);
  fake_.run("web", kBody);
  connect();
  fake_.reset_counters();
  fake_.hang("container_inspect");
  fake_.pause("slow");
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 1; }));
  fake_.pause("web");
  EXPECT_TRUE(eventually([&] { return engine_->state().snapshot->container_by_name("web")->state == "paused"; }));
  EXPECT_EQ(engine_->state().snapshot->container_by_name("slow")->state, "running");
  fake_.release("container_inspect");
  EXPECT_TRUE(eventually([&] { return engine_->state().snapshot->container_by_name("slow")->state == "paused"; }));
  EXPECT_EQ(fake_.calls("container_inspect"), 2u);
}

TEST_F(EnginesTest, AnEngineThatGoesAwayIsSaidAndComesBack) {
  fake_.run("web", kBody);
  connect();
  fake_.go_away();
  ASSERT_TRUE(unreachable());
  EXPECT_FALSE(engine_->state().message.empty());
  EXPECT_NE(engine_->state().snapshot, nullptr);
  EXPECT_THROW(engine_->client(), base::Status);
  EXPECT_THROW(wait(engine_->refresh_container("web")), base::Status);
  fake_.kill("web");
  fake_.come_back();
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(seconds(2));  // the longest backoff
  ASSERT_TRUE(reachable());
  EXPECT_TRUE(web_is("exited"));
  EXPECT_EQ(fake_.calls("info"), 2u);
}

TEST_F(EnginesTest, ABackoffIsAtMostTwoSeconds) {
  connect();
  fake_.go_away();
  ASSERT_TRUE(unreachable());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(clock_.wait_for_sleepers(1));
    clock_.advance(seconds(2));
  }
  fake_.come_back();
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(seconds(2));
  EXPECT_TRUE(reachable());
}

TEST_F(EnginesTest, ACutEventStreamIsOpenedAgainAndNothingIsMissed) {
  fake_.run("web", kBody);
  connect();
  fake_.cut_events();
  ASSERT_TRUE(unreachable());
  fake_.kill("web");
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(seconds(2));
  ASSERT_TRUE(reachable());
  EXPECT_TRUE(web_is("exited"));
  fake_.start("web");
  EXPECT_TRUE(web_is("running"));
}

TEST_F(EnginesTest, AnEngineThatHangsIsNoticed) {
  EnginesOptions options;
  options.probe_limit = std::chrono::milliseconds(50);
  make(options);
  connect();
  fake_.hang("container_list");
  fake_.hang("ping");
  clock_.advance(seconds(30));
  ASSERT_TRUE(unreachable());
  EXPECT_NE(engine_->state().message.find("no answer within"), std::string::npos) << engine_->state().message;
  fake_.release("container_list");
  fake_.release("ping");
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(seconds(2));
  EXPECT_TRUE(reachable());
}

TEST_F(EnginesTest, AnEngineThatHangsIsNoticedBetweenTwoLists) {
  EnginesOptions options;
  options.liveness_period = seconds(5);
  options.probe_limit = std::chrono::milliseconds(50);
  make(options);
  connect();
  fake_.hang("ping", 1000);
  const auto lists = fake_.lists();
  const base::SteadyTime heard = clock_.steady_now();
  clock_.advance(seconds(5));
  ASSERT_TRUE(unreachable());
  EXPECT_EQ(fake_.lists(), lists);
  EXPECT_EQ(engine_->state().away_since, heard);
  fake_.release("ping");
}

Task<std::int64_t> wait_briefly(Client& client) { return client.wait_container("web", std::chrono::milliseconds(20)); }

TEST_F(EnginesTest, AfterACallWithoutAnAnswerTheEngineIsAskedAtOnce) {
  fake_.run("web", kBody);
  connect();
  fake_.reset_counters();
  EXPECT_THROW(wait(wait_briefly(engine_->client())), base::Status) << "it goes on running";
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("ping") >= 1; }));
  wait(engine_->resync());
  EXPECT_EQ(engine_->state().reachable, Reachability::Reachable);
}

TEST_F(EnginesTest, AnEngineThatAnswersNothingIsGivenUpForEveryCall) {
  make({.probe_limit = std::chrono::milliseconds(50)});
  fake_.run("web", kBody);
  connect();
  fake_.hang("ping", 1000);
  const auto pings = fake_.calls("ping");
  EXPECT_THROW(wait(wait_briefly(engine_->client())), base::Status);
  ASSERT_TRUE(unreachable()) << "though the clock stands still";
  // It may be read after nobody waits for its answer any more.
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("ping") > pings; }));
  const auto calls = fake_.total();
  EXPECT_THROW(engine_->client(), base::Status) << "nobody waits for it any more";
  EXPECT_EQ(fake_.total(), calls);
  fake_.release("ping");
}

TEST_F(EnginesTest, ABusyEngineThatAnswersAPingIsNotAway) {
  EnginesOptions options;
  options.probe_limit = seconds(2);  // of real time: a machine that is busy itself answers the ping within it
  make(options);
  connect();
  fake_.hang("container_list");
  const auto pings = fake_.calls("ping");
  const auto lists = fake_.lists();
  clock_.advance(seconds(30));
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("ping") > pings; }));
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.lists() == lists + 2; })) << "it is asked once more, for longer";
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  fake_.release("container_list");
  EXPECT_EQ(engine_->state().reachable, Reachability::Reachable);
}

TEST_F(EnginesTest, AContainerThatCannotBeInspectedHidesNoOther) {
  fake_.run("web", kBody);
  fake_.run("broken", kBody);
  connect();
  fake_.fail("container_inspect", 500, "layer does not exist");
  fake_.pause("broken");
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 3; }));
  fake_.kill("web");
  EXPECT_TRUE(web_is("exited"));
  EXPECT_EQ(engine_->state().reachable, Reachability::Reachable);
}

TEST_F(EnginesTest, AReadOfOurOwnStandsForTheEventsBeforeIt) {
  for (const char* name : {"web", "other", "third"}) fake_.run(name, kBody);
  connect();
  fake_.reset_counters();
  fake_.hang("container_inspect");
  fake_.pause("web");
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 1; }));
  fake_.unpause("web");
  fake_.kill("other");
  ASSERT_TRUE(is("other", "exited")) << "so the event before it has come, too";
  EXPECT_EQ(wait(engine_->refresh_container("web"))->container_by_name("web")->state, "running");
  fake_.release("container_inspect");
  fake_.kill("third");
  ASSERT_TRUE(is("third", "exited"));
  EXPECT_EQ(fake_.calls("container_inspect"), 4u) << "two of web, one of each other";
  EXPECT_TRUE(web_is("running"));
}

TEST_F(EnginesTest, AnEventWhoseReadFailedIsReadAgain) {
  for (const char* name : {"web", "other"}) fake_.run(name, kBody);
  connect();
  fake_.hang("container_inspect");
  fake_.pause("web");
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("container_inspect") == 3; }));
  fake_.kill("web");
  fake_.kill("other");
  ASSERT_TRUE(is("other", "exited"));
  fake_.fail("container_inspect", 500, "broken", 2);  // the one that hangs, too
  EXPECT_THROW(wait(engine_->refresh_container("web")), base::Status);
  fake_.release("container_inspect");
  EXPECT_TRUE(web_is("exited"));
}

TEST_F(EnginesTest, ListenersLearnWhoChanged) {
  fake_.run("web", kBody);
  connect();
  fake_.kill("web");
  // The snapshot has it before the listeners are told.
  ASSERT_TRUE(eventually([&] { return changes_.back().name == "web"; }));
  EXPECT_TRUE(web_is("exited"));
  const std::scoped_lock lock(mutex_);
  const EngineChange& last = changes_.back();
  EXPECT_EQ(last.host, "host");
  EXPECT_EQ(last.name, "web");
  EXPECT_EQ(last.labels.at("app"), "web");
  EXPECT_TRUE(changes_.front().container.empty());  // reached: anything may have changed
}

TEST_F(EnginesTest, OneThatIsCutOffWasThereUntilThen) {
  connect();
  const base::SteadyTime reached = clock_.steady_now();
  clock_.advance(seconds(3));
  fake_.go_away();
  ASSERT_TRUE(unreachable());
  EXPECT_EQ(engine_->state().away_since, reached + seconds(3));
}

TEST_F(EnginesTest, AResyncIsForcedOnEveryEngine) {
  connect();
  fake_.reset_counters();
  engines_->resync_all();
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.lists() == 1; }));
  EXPECT_EQ(fake_.total(), 1u);
}

TEST_F(EnginesTest, WhatNoListShowsIsFoundWithoutEvents) {
  fake_.run("web", kBody);
  fake_.run("foreign", JsonObject{{"Image", "busybox"}});
  connect();
  ASSERT_TRUE(knows("foreign", ContainerView::Extent::Shown));
  fake_.deliver_events(FakeEngine::EventDelivery::Lost);
  fake_.update("web", JsonObject{{"PidsLimit", 50}});
  fake_.update("foreign", JsonObject{{"PidsLimit", 50}});
  fake_.reset_counters();
  for (int i = 0; i < 9; ++i) pass_one_period();
  EXPECT_EQ(fake_.total(), 9u) << "a period is one list";
  pass_one_period();
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("image_list") == 1; }));
  ASSERT_TRUE(clock_.wait_for_sleepers(2)) << "signs of life, and the look";
  EXPECT_EQ(fake_.calls("container_inspect"), 0u) << "not all at once";
  clock_.advance(seconds(15));
  EXPECT_TRUE(eventually([&] {
    const ContainerView* view = engine_->state().snapshot->container_by_name("web");
    return base::int_at(view->inspect(), "HostConfig.PidsLimit") == 50;
  }));
  EXPECT_EQ(fake_.calls("container_inspect"), 1u) << "only what is known whole";
}

TEST_F(EnginesTest, AnotherConnectorReplacesTheEntry) {
  connect();
  const std::shared_ptr<Engine> before = engine_;
  connect("first");
  EXPECT_EQ(engines_->find("host"), before);
  FakeEngine other;
  other.run("web", kBody);
  const std::string path = other.socket_path();
  engines_->configure("host", "second", [path] { return unix_connector(path); }, loop_.executor());
  engine_ = engines_->find("host");
  EXPECT_NE(engine_, before);
  ASSERT_TRUE(reachable());
  EXPECT_TRUE(web_is("running"));
  EXPECT_EQ(engines_->hosts(), std::vector<std::string>{"host"});
  engine_.reset();
  wait(engines_->remove("host"));
  EXPECT_EQ(engines_->find("host"), nullptr);
}

TEST_F(EnginesTest, AnEntryWhoseEngineHangsIsRemovedAtOnce) {
  fake_.hang("version");
  const std::string path = fake_.socket_path();
  engines_->configure("host", "first", [path] { return unix_connector(path); }, loop_.executor());
  ASSERT_TRUE(fake_.wait_until([&] { return fake_.calls("version") == 1; }));
  wait(engines_->remove("host"));
  EXPECT_TRUE(engines_->hosts().empty());
}

}  // namespace
}  // namespace berth::docker
