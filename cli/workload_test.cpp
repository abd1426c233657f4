// SPDX-License-Identifier: Apache-2.0
#include "cli/workload.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::cli {
namespace {

Json read(std::string_view text) { return base::parse_json(text); }

std::string patch(Act act, const std::string& timeout = "", const std::string& signal = "") {
  ActOptions options;
  options.act = act;
  options.stop_timeout = timeout;
  options.stop_signal = signal;
  return base::to_canonical(patch_for(options, "now"));
}

TEST(Workload, ActsAreDesiredStateOrTokens) {
  EXPECT_EQ(patch(Act::Start), R"({"spec":{"desiredState":"Running"}})");
  EXPECT_EQ(patch(Act::Unpause), R"({"spec":{"desiredState":"Running"}})");
  EXPECT_EQ(patch(Act::Pause), R"({"spec":{"desiredState":"Paused"}})");
  EXPECT_EQ(patch(Act::Stop), R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_EQ(patch(Act::Restart), R"({"metadata":{"annotations":{"berth.dev/restartedAt":"now"}}})");
  EXPECT_EQ(patch(Act::Redeploy), R"({"metadata":{"annotations":{"berth.dev/redeployedAt":"now"}}})");
}

TEST(Workload, AStopMayBeShaped) {
  const Json both = read(patch(Act::Stop, "30", "SIGINT"));
  EXPECT_EQ(base::string_at(both, "spec.desiredState"), "Stopped");
  EXPECT_EQ(both.at("metadata").at("annotations").at("berth.dev/stop").as_string(),
            R"({"signal":"SIGINT","timeout":30})");
  for (const char* wrong : {"soon", "-1", "1.5", "1234567"}) {
    EXPECT_THROW(patch(Act::Stop, wrong), base::Status) << wrong;
  }
}

class Revisions : public ::testing::Test {
 protected:
  base::JsonArray all = read(R"([{"revision":2,"spec":{"image":"a"}},{"revision":5,"spec":{"image":"b"}},
                                 {"revision":6,"spec":{"image":"c"}},{"revision":9,"spec":{"image":"c"}}])")
                            .as_array();
};

TEST_F(Revisions, TheNewestThatIsAnotherUnlessOneIsNamed) {
  EXPECT_EQ(base::int_at(choose_revision(all, ""), "revision"), 5);
  EXPECT_EQ(base::int_at(choose_revision(all, "2"), "revision"), 2);
  EXPECT_EQ(base::int_at(choose_revision(all, "9"), "revision"), 9);
}

TEST_F(Revisions, WhatNeverRanIsGoneBackToOnlyWhenNamed) {
  all[1].as_object()["ran"] = false;
  EXPECT_EQ(base::int_at(choose_revision(all, ""), "revision"), 2);
  EXPECT_EQ(base::int_at(choose_revision(all, "5"), "revision"), 5);
  all[0].as_object()["ran"] = false;
  try {
    choose_revision(all, "");
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(), "no earlier revision was ever Ready; --to-revision takes any: there are 2, 5, 6, 9");
  }
}

TEST_F(Revisions, WhatIsNotThereIsNamedWithWhatIs) {
  try {
    choose_revision(all, "3");
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(), "there is no revision 3; there are 2, 5, 6, 9");
  }
  EXPECT_THROW(choose_revision({all.back()}, ""), base::Status);
}

TEST(Workload, ARestoredSpecKeepsWhatItDoes) {
  const Json object = read(R"({"spec":{"image":"c","desiredState":"Stopped","suspend":false}})");
  EXPECT_EQ(base::to_canonical(restored_spec(object, read(R"({"spec":{"image":"a","user":"1"}})"))),
            R"({"desiredState":"Stopped","image":"a","suspend":false,"user":"1"})");
}

}  // namespace
}  // namespace berth::cli
