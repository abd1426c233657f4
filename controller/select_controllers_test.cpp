// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "controller/controller.hpp"

namespace berth::controller {
namespace {

using Names = std::vector<std::string>;
const Names kKnown{"container", "event-expiry", "host"};

TEST(SelectControllers, FollowsKubeControllerManager) {
  EXPECT_EQ(select_controllers("*", kKnown), kKnown);
  EXPECT_EQ(select_controllers("none", kKnown), Names{});
  EXPECT_EQ(select_controllers("host", kKnown), Names{"host"});
  EXPECT_EQ(select_controllers("host,container", kKnown), (Names{"container", "host"}));
  EXPECT_EQ(select_controllers("*,-host", kKnown), (Names{"container", "event-expiry"}));
  EXPECT_EQ(select_controllers("-host,*", kKnown), (Names{"container", "event-expiry"}));
  EXPECT_EQ(select_controllers("-host", kKnown), Names{});
}

TEST(SelectControllers, NamesWhatIsUnknownAndWhatIsKnown) {
  for (const char* flag : {"hosts", "*,-hosts", "", "*,,host", "none,host"}) {
    try {
      select_controllers(flag, kKnown);
      ADD_FAILURE() << flag;
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::BadRequest) << flag;
      EXPECT_NE(status.message().find("container, event-expiry, host"), std::string::npos) << status.message();
    }
  }
}

}  // namespace
}  // namespace berth::controller
