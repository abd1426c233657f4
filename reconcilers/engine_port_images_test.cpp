// SPDX-License-Identifier: Apache-2.0
// Images pulled by hand: one pull with whatever Container or caller wants the same, and none for nobody.
#include <sstream>

#include "reconcilers/engine_port.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using testing::World;

class PortImagesTest : public ::testing::Test {
 protected:
  // Somebody who pulls by hand, and may go away meanwhile.
  struct Caller {
    explicit Caller(PortImagesTest& test) : scope(test.world.loop.executor(), "caller"), changed(scope.loop()) {}
    base::Scope scope;
    base::Signal changed;
    std::vector<std::string> said;
    std::optional<resources::PulledImage> pulled;
    std::optional<base::Status> error;
  };

  std::unique_ptr<Caller> call(const std::string& reference) {
    auto caller = std::make_unique<Caller>(*this);
    Caller& made = *caller;
    fake_engine::on_loop(world.loop, begin(made, reference));
    return caller;
  }
  Task<void> begin(Caller& caller, std::string reference) {
    caller.scope.spawn(pull(caller, std::move(reference)));
    co_return;
  }
  Task<void> pull(Caller& caller, std::string reference) {
    resources::ImagePull wanted{"local", std::move(reference), "", [&caller](const Json& progress) {
                                  caller.said.emplace_back(base::string_at(progress, "message"));
                                  caller.changed.notify();
                                }};
    try {
      caller.pulled = co_await port.pull_image(world.user, std::move(wanted));
    } catch (const base::Status& status) {
      caller.error = status;
    }
  }
  void until_told(Caller& caller) { fake_engine::on_loop(world.loop, told(caller)); }
  static Task<void> told(Caller& caller) {
    while (caller.said.empty()) co_await caller.changed.wait();
  }
  void until_ended(Caller& caller) { fake_engine::on_loop(world.loop, ended(caller)); }
  static Task<void> ended(Caller& caller) { co_await caller.scope.join(); }
  void hang_up(Caller& caller) { fake_engine::on_loop(world.loop, gone(caller)); }
  static Task<void> gone(Caller& caller) {
    caller.scope.cancel();
    co_await caller.scope.join();
  }
  void want(const std::string& name, const std::string& image) {
    world.create(name, R"({"image":")" + image + "\"}");
    world.refresh();
    world.pass(name);
  }
  // Of engine actions on the image: those that began and those that ended.
  std::size_t records_of(const std::string& actor) {
    std::size_t found = 0;
    std::istringstream lines(world.audit_text());
    for (std::string line; std::getline(lines, line);) {
      const Json record = base::parse_json(line);
      if (base::string_at(record, "action") == "pull" && base::string_at(record, "actor") == actor) ++found;
    }
    return found;
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
  DockerPort port{*world.resources, *world.engines, *world.pulls, world.clock};
};

TEST_F(PortImagesTest, TwoCallersAndAContainerAreOnePull) {
  engine.hang("image_pull_layers");
  engine.add_to_registry("big:latest");
  const auto first = call("big");
  until_told(*first);
  want("web", "big:latest");
  const auto second = call("docker.io/library/big");
  until_told(*second);
  EXPECT_EQ(second->said.front(), "1 of 2 layers, 2.0 of 4.0 MiB") << "who comes later hears how far it is";
  EXPECT_EQ(world.pulls->running(), 1u);
  EXPECT_EQ(world.condition("Ready"), "False Pulling");
  engine.release("image_pull_layers");
  until_ended(*first);
  until_ended(*second);
  ASSERT_TRUE(first->pulled && second->pulled);
  EXPECT_EQ(first->pulled->id, engine.image_id("big:latest"));
  EXPECT_EQ(first->pulled->digest, second->pulled->digest);
  EXPECT_TRUE(first->pulled->digest.starts_with("sha256:"));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  EXPECT_EQ(records_of("alice"), 4u) << "each of the two has an intent and an outcome";
  EXPECT_EQ(records_of("system:controller:container"), 0u) << "the Container has called nobody";
}

TEST_F(PortImagesTest, ACallerJoinsTheContainersPullAndKeepsItWhenThatGoes) {
  engine.hang("image_pull_layers");
  engine.add_to_registry("big:1");
  want("web", "big:1");
  const auto caller = call("big:1");
  until_told(*caller);
  world.remove("web");
  world.pass("web");
  EXPECT_EQ(world.pulls->running(), 1u) << "the caller still wants it";
  engine.release("image_pull_layers");
  until_ended(*caller);
  EXPECT_TRUE(caller->pulled);
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  EXPECT_EQ(records_of("system:controller:container"), 2u);
  EXPECT_EQ(records_of("alice"), 2u);
}

TEST_F(PortImagesTest, AContainerKeepsThePullOfACallerThatGoesAway) {
  engine.hang("image_pull_layers");
  engine.add_to_registry("big:1");
  const auto caller = call("big:1");
  until_told(*caller);
  want("web", "big:1");
  hang_up(*caller);
  EXPECT_FALSE(caller->pulled);
  EXPECT_EQ(world.pulls->running(), 1u);
  engine.release("image_pull_layers");
  world.wait_for_pulls();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.calls("image_pull"), 1u);
}

TEST_F(PortImagesTest, WhatTheLastCallerLeavesIsCancelledAndCanBePulledAnew) {
  engine.hang("image_pull_layers", 2);
  engine.add_to_registry("big:1");
  const auto first = call("big:1");
  until_told(*first);
  const auto second = call("big:1");
  until_told(*second);
  hang_up(*first);
  EXPECT_EQ(world.pulls->running(), 1u) << "one of two still wants it";
  hang_up(*second);
  const auto third = call("big:1");
  until_told(*third);
  engine.release("image_pull_layers");
  until_ended(*third);
  EXPECT_TRUE(third->pulled);
  world.wait_for_pulls();
  EXPECT_EQ(engine.calls("image_pull"), 2u);
  EXPECT_EQ(records_of("alice") % 2, 0u) << "what was cancelled has its outcome, too";
}

TEST_F(PortImagesTest, EachHearsWhyItFailed) {
  engine.hang("image_pull_layers");
  const auto first = call("absent:1");
  until_told(*first);
  const auto second = call("absent:1");
  until_told(*second);
  engine.release("image_pull_layers");
  for (Caller* caller : {first.get(), second.get()}) {
    until_ended(*caller);
    ASSERT_TRUE(caller->error);
    EXPECT_EQ(caller->error->reason(), base::Reason::Forbidden) << "denied; Berth knows who asks";
    EXPECT_NE(caller->error->message().find("no Registry"), std::string::npos) << caller->error->message();
  }
  EXPECT_EQ(engine.calls("image_pull"), 1u);
}

TEST_F(PortImagesTest, ACallerHearsThatItWasCutOff) {
  engine.hang("image_pull_layers");
  engine.add_to_registry("big:1");
  const auto caller = call("big:1");
  until_told(*caller);
  world.loop.run_and_wait([this] { return world.pulls->stop(); });
  until_ended(*caller);
  ASSERT_TRUE(caller->error);
  EXPECT_EQ(caller->error->reason(), base::Reason::ServiceUnavailable);
  engine.release("image_pull_layers");
}

}  // namespace
}  // namespace berth::reconcilers
