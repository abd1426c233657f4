// SPDX-License-Identifier: Apache-2.0
#include "resources/request/caller.hpp"

#include <gtest/gtest.h>

namespace berth::resources {
namespace {

std::string answerable(std::string user, std::string impersonator = "") {
  Caller caller;
  caller.user = std::move(user);
  caller.impersonator = std::move(impersonator);
  return caller.answerable();
}

TEST(CallerTest, WhoActsAsOthersAnswersForThem) {
  EXPECT_EQ(answerable("alice"), "alice");
  EXPECT_EQ(answerable("bob", "alice"), "alice");
  EXPECT_EQ(answerable("system:serviceaccount:a:robot", "alice"), "alice");
}

TEST(CallerTest, AccountsThatAreMadeAtWillAreOne) {
  EXPECT_EQ(answerable("system:serviceaccount:a:robot1"), "system:serviceaccounts:a");
  EXPECT_EQ(answerable("bob", "system:serviceaccount:a:robot2"), "system:serviceaccounts:a");
  EXPECT_EQ(answerable("system:serviceaccount:b:robot1"), "system:serviceaccounts:b");
  EXPECT_EQ(answerable("system:serviceaccount:odd"), "system:serviceaccount:odd");
}

}  // namespace
}  // namespace berth::resources
