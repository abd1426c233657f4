// SPDX-License-Identifier: Apache-2.0
#include "cli/edit_text.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

TEST(EditText, TheHeadIsAllComments) {
  const std::string head = edit_head({{.head = "web was\nnot valid", .causes = {"spec.a: is\nbad"}}});
  EXPECT_NE(head.find("# web was\n# not valid:\n# * spec.a: is\n# bad\n"), std::string::npos) << head;
  EXPECT_TRUE(is_blank(head));
  EXPECT_EQ(without_comments(head), "");
}

TEST(EditText, CommentsGoAndContentStays) {
  EXPECT_EQ(without_comments("# a\nkind: X\ndata:\n  run: |\n    # kept\n#b"),
            "kind: X\ndata:\n  run: |\n    # kept\n");
  EXPECT_EQ(without_comments("kind: X"), "kind: X");
  EXPECT_TRUE(is_blank(" \n\t\n"));
  EXPECT_TRUE(is_blank(""));
  EXPECT_FALSE(is_blank("#\na"));
}

TEST(EditText, AReasonHoldsEveryCause) {
  const base::Status invalid(
      base::Reason::Invalid, "all of it",
      {.name = "web", .causes = {{"FieldValueInvalid", "must be 1", "spec.a"}, {"", "odd", ""}}});
  const EditReason reason = reason_of("containers.berth.dev \"web\"", invalid);
  EXPECT_EQ(reason.head, "containers.berth.dev \"web\" was not valid");
  EXPECT_EQ(reason.causes, (std::vector<std::string>{"spec.a: must be 1", "odd"}));
  EXPECT_EQ(reason_of("x", base::bad_request("unknown field")).causes, (std::vector<std::string>{"unknown field"}));
}

}  // namespace
}  // namespace berth::cli
