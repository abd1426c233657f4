// SPDX-License-Identifier: Apache-2.0
#include "cli/key_changes.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::cli {
namespace {

std::string refusal(const std::vector<std::string>& words, const std::string& noun = "label") {
  try {
    read_key_words(words, noun);
  } catch (const base::Status& status) {
    return status.message();
  }
  return "accepted";
}

TEST(KeyChanges, ObjectsComeFirst) {
  const KeyWords read = read_key_words({"container", "web", "a=b", "c=", "d-"}, "label");
  EXPECT_EQ(read.objects, (std::vector<std::string>{"container", "web"}));
  EXPECT_EQ(read.changes.set, (std::map<std::string, std::string>{{"a", "b"}, {"c", ""}}));
  EXPECT_EQ(read.changes.removed, (std::vector<std::string>{"d"}));
  EXPECT_EQ(read_key_words({"cm/x", "a=b=c"}, "annotation").changes.set.at("a"), "b=c");
}

TEST(KeyChanges, RefusesInKubectlsWords) {
  EXPECT_EQ(refusal({"container", "a=b", "web"}), "all resources must be specified before label changes: web");
  EXPECT_EQ(refusal({"a=b"}), "one or more resources must be specified as <resource> <name> or <resource>/<name>");
  EXPECT_EQ(refusal({"cm/x", "a=b", "a-"}), "can not both modify and remove the label a in the same command");
  EXPECT_EQ(refusal({"cm/x", "a=b=c"}), "invalid label spec: a=b=c: a label's value has no '='");
}

TEST(KeyChanges, ThePatchHoldsWhatDiffers) {
  const base::Json present = base::parse_json(R"({"same":"1","other":"2","gone":"3"})");
  const KeyChanges changes{.set = {{"same", "1"}, {"other", "3"}, {"new", ""}}, .removed = {"gone", "absent"}};
  EXPECT_EQ(base::to_canonical(patch_of(&present, changes)), R"({"gone":null,"new":"","other":"3"})");
  EXPECT_EQ(base::to_canonical(patch_of(nullptr, changes)), R"({"new":"","other":"3","same":"1"})");
  EXPECT_EQ(replaced_values(&present, changes), (std::vector<std::string>{"'other' already has a value (2)"}));
  EXPECT_TRUE(replaced_values(nullptr, changes).empty());
}

}  // namespace
}  // namespace berth::cli
