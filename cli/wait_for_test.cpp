// SPDX-License-Identifier: Apache-2.0
#include "cli/wait_for.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/status.hpp"

namespace berth::cli {
namespace {

Json object(int generation, int observed, int condition_generation, const char* status) {
  return {{"metadata", {{"generation", generation}}},
          {"status",
           {{"observedGeneration", observed},
            {"conditions",
             {{{"type", "Ready"},
               {"status", status},
               {"observedGeneration", condition_generation},
               {"reason", "Why"},
               {"message", "because"}}}}}}};
}

TEST(HasCondition, CountsOnlyThePresentGeneration) {
  EXPECT_TRUE(has_condition(object(2, 2, 2, "True"), "Ready", "True"));
  EXPECT_TRUE(has_condition(object(2, 2, 2, "True"), "ready", "true"));
  EXPECT_FALSE(has_condition(object(2, 1, 2, "True"), "Ready", "True"));
  EXPECT_FALSE(has_condition(object(2, 2, 1, "True"), "Ready", "True"));
  EXPECT_FALSE(has_condition(object(2, 2, 2, "False"), "Ready", "True"));
  EXPECT_FALSE(has_condition(Json{{"metadata", base::JsonObject{}}}, "Ready", "True"));
}

Json with_conditions(int generation, int observed, const std::vector<std::array<const char*, 3>>& conditions) {
  base::JsonArray list;
  for (const auto& [type, status, reason] : conditions) {
    list.push_back(
        {{"type", type}, {"status", status}, {"reason", reason}, {"message", ""}, {"observedGeneration", observed}});
  }
  return {{"metadata", {{"generation", generation}}},
          {"status", {{"observedGeneration", observed}, {"conditions", std::move(list)}}}};
}

TEST(HasCondition, WhatIsReconcilingIsNotReady) {
  const Json busy = with_conditions(2, 2, {{"Ready", "True", "Running"}, {"Reconciling", "True", "Updating"}});
  EXPECT_FALSE(has_condition(busy, "Ready", "True"));
  EXPECT_TRUE(has_condition(busy, "Reconciling", "True"));
  EXPECT_EQ(progress_of(busy).state, Progress::State::Waiting);
  EXPECT_EQ(progress_of(busy).reason, "Updating");
}

TEST(ProgressOf, EndsWithReadyOrStalled) {
  const Json ready = with_conditions(2, 2, {{"Ready", "True", "Running"}, {"Reconciling", "False", "Settled"}});
  EXPECT_EQ(progress_of(ready).state, Progress::State::Ready);
  const Json stalled = with_conditions(2, 2, {{"Ready", "False", "RolledBack"}, {"Stalled", "True", "RolledBack"}});
  EXPECT_EQ(progress_of(stalled).state, Progress::State::Failed);
  EXPECT_EQ(progress_of(stalled).reason, "RolledBack");
  const Json waiting = with_conditions(2, 2, {{"Ready", "False", "Pulling"}, {"Stalled", "False", "NotStalled"}});
  EXPECT_EQ(progress_of(waiting).state, Progress::State::Waiting);
  EXPECT_EQ(progress_of(waiting).reason, "Pulling");
}

TEST(ProgressOf, SaysNothingOfAnOlderGeneration) {
  for (const char* status : {"True", "False"}) {
    const Json old = with_conditions(3, 2, {{"Ready", status, "RolledBack"}, {"Stalled", "True", "RolledBack"}});
    EXPECT_EQ(progress_of(old).state, Progress::State::Stale);
    EXPECT_EQ(progress_of(old).reason, "its controller has not seen it yet");
  }
  EXPECT_EQ(progress_of(Json{{"metadata", base::JsonObject{}}}).state, Progress::State::Stale);
}

TEST(WaitingReason, IsTheConditionThatIsNotAsItShouldBe) {
  EXPECT_EQ(waiting_reason(object(1, 1, 1, "False")), "Why: because");
  EXPECT_EQ(waiting_reason(object(1, 1, 1, "True")), "Ready");
  EXPECT_EQ(waiting_reason(Json{{"metadata", base::JsonObject{}}}), "waiting for its controller");
}

TEST(ErrorLine, SpeaksAsKubectl) {
  EXPECT_EQ(error_line(base::not_found("containers.berth.dev", "x")),
            "Error from server (NotFound): containers.berth.dev \"x\" not found");
  EXPECT_EQ(error_line(base::bad_request("no server is named")), "error: no server is named");
}

TEST(Deadline, IsOfAllPartsTogether) {
  base::FakeClock clock;
  const Deadline deadline(clock, std::chrono::seconds(5));
  EXPECT_EQ(deadline.left(), std::chrono::seconds(5));
  clock.advance(std::chrono::seconds(3));
  EXPECT_EQ(deadline.left(), std::chrono::seconds(2));
  clock.advance(std::chrono::seconds(3));
  EXPECT_EQ(deadline.left(), std::chrono::seconds(0));
}

}  // namespace
}  // namespace berth::cli
