// SPDX-License-Identifier: Apache-2.0
#include "cli/wait_for.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace berth::cli
