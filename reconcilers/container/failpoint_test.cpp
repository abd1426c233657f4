// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/failpoint.hpp"

#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;
using Names = std::vector<std::string>;

// A rollback, a replace and a restart, which between them pass every failpoint.
void take_every_step() {
  World world;
  world.create("web", R"({"files":[{"path":"/etc/a","content":"1"}],"healthcheck":{"test":["CMD","true"]},
                          "update":{"progressDeadlineSeconds":5}})");
  world.settle();
  world.engine.add_image("sick:1");
  world.engine.on_start("sick:1", {"unhealthy", {}, 0, ""});
  world.engine.on_start("busybox:latest", {"healthy", {}, 0, ""});
  world.patch("web", R"({"spec":{"image":"sick:1"}})");
  world.settle();
  world.patch("web", R"({"spec":{"image":"busybox","user":"1"}})");
  world.settle();
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t1"}}})");
  world.settle();
  world.add_network("front");
  world.patch(
      "web",
      R"({"spec":{"update":{"order":"StartFirst"},"networks":[{"name":"front","aliases":["site"]}],"user":"2"}})");
  world.settle();
}

// Those who die leave their temporary folders behind: in one that goes with this.
class FailpointsDeathTest : public ::testing::Test {
 protected:
  FailpointsDeathTest() { setenv("TMPDIR", folder_.c_str(), 1); }
  ~FailpointsDeathTest() override {
    before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

 private:
  static std::string made() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-failpoints-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  const std::string before_ = getenv("TMPDIR") ? getenv("TMPDIR") : "";
  const std::string folder_ = made();
};

TEST_F(FailpointsDeathTest, UnknownNameIsRefused) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto check = [] {
    try {
      check_failpoint();
    } catch (const base::Status& status) {
      std::fputs(status.what(), stderr);
      std::_Exit(1);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT((setenv("BERTH_FAILPOINT", "replace:nothing", 1), check()), ::testing::ExitedWithCode(1),
              "\"replace:nothing\" is no failpoint; known are replace:create-next:before, ");
  EXPECT_EXIT((setenv("BERTH_FAILPOINT", "restart:after", 1), check()), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT((setenv("BERTH_FAILPOINT", "", 1), check()), ::testing::ExitedWithCode(0), "");
}

TEST_F(FailpointsDeathTest, EachIsPassed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT((take_every_step(), std::_Exit(0)), ::testing::ExitedWithCode(0), "");
  for (const std::string& name : failpoint_names()) {
    SCOPED_TRACE(name);
    EXPECT_EXIT((setenv("BERTH_FAILPOINT", name.c_str(), 1), take_every_step(), std::_Exit(0)),
                ::testing::ExitedWithCode(kFailpointExitCode), "");
  }
}

TEST(Failpoints, NameEachStepBeforeAndAfter) {
  const Names names = failpoint_names();
  EXPECT_EQ(names.size(), 2 * replace_steps().size() + 2);
  EXPECT_EQ(names.front(), "replace:create-next:before");
  EXPECT_EQ(names.back(), "restart:after");
}

}  // namespace
}  // namespace berth::reconcilers
