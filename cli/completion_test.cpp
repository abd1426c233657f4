// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/status.hpp"
#include "cli/command_line.hpp"

namespace berth::cli {
namespace {

using What = Completion::What;

Completion after(const std::vector<std::string>& words) {
  static CommandLine line;
  return complete(line.app(), words);
}

bool offers(const Completion& completion, const std::string& word) {
  return std::find(completion.words.begin(), completion.words.end(), word) != completion.words.end();
}

TEST(Completion, OffersCommandsAndTheirFlags) {
  for (const char* command : {"apply", "diff", "edit", "label", "annotate", "patch", "explain", "auth", "token"}) {
    EXPECT_TRUE(offers(after({""}), command)) << command;
  }
  EXPECT_FALSE(offers(after({""}), "__complete"));
  EXPECT_TRUE(offers(after({"auth", ""}), "whoami"));
  EXPECT_TRUE(offers(after({"apply", "--"}), "--force-conflicts"));
  EXPECT_TRUE(offers(after({"apply", "--"}), "--as-group"));
  EXPECT_FALSE(offers(after({"get", "--"}), "--force-conflicts"));
  EXPECT_TRUE(offers(after({"completion", ""}), "zsh"));
}

TEST(Completion, AsksTheServerForTypesAndNames) {
  EXPECT_EQ(after({"get", ""}).what, What::Types);
  EXPECT_EQ(after({"explain", ""}).what, What::Types);
  EXPECT_EQ(after({"auth", "can-i", "get", ""}).what, What::Types);
  EXPECT_EQ(after({"get", "containers", ""}).type, "containers");
  EXPECT_EQ(after({"-n", "team", "get", "-o", "wide", "containers", "a", ""}).type, "containers");
  EXPECT_EQ(after({"token", "create", ""}).type, "serviceaccounts");
  EXPECT_EQ(after({"get", "-n", ""}).type, "namespaces");
  const Completion slashed = after({"wait", "container/w"});
  EXPECT_EQ(slashed.what, What::Names);
  EXPECT_EQ(slashed.type, "container");
  EXPECT_EQ(slashed.prefix, "container/");
}

TEST(Completion, WorkloadsAreContainersUnlessTheirTypeIsGiven) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"stop", ""}, {"restart", "web", ""}, {"rollout", "undo", ""}}) {
    const Completion names = after(words);
    EXPECT_EQ(names.what, What::Names) << words.front();
    EXPECT_EQ(names.type, "containers") << words.front();
  }
  EXPECT_EQ(after({"stop", "composestack/s"}).type, "composestack");
  EXPECT_TRUE(offers(after({"rollout", ""}), "history"));
}

TEST(Completion, OfComposeAreItsCommandsFlagsAndFiles) {
  EXPECT_TRUE(offers(after({"compose", ""}), "preview"));
  EXPECT_TRUE(offers(after({"compose", "up", "--"}), "--profile"));
  EXPECT_EQ(after({"compose", "-f", ""}).what, What::Files);
  EXPECT_EQ(after({"compose", "pull", ""}).what, What::Files);
  EXPECT_EQ(after({"compose", "stop", ""}).what, What::Words);
}

TEST(Completion, LeavesFilesToTheShell) {
  EXPECT_EQ(after({"apply", "-f", ""}).what, What::Files);
  EXPECT_EQ(after({"--kubeconfig", ""}).what, What::Files);
  EXPECT_TRUE(after({"get", "-o", ""}).words.empty());
}

TEST(Completion, ThereIsNoScriptForOtherShells) {
  EXPECT_NE(completion_script("zsh").find("bashcompinit"), std::string::npos);
  EXPECT_THROW(completion_script("fish"), base::Status);
}

}  // namespace
}  // namespace berth::cli
