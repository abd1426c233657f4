// SPDX-License-Identifier: Apache-2.0
#include "compose/dotenv.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "compose/loader.hpp"

namespace berth::compose {
namespace {

Environment read(std::string_view text) {
  static const Environment kGiven{{"GIVEN", "g"}};
  Environment made;
  read_env_file(text, lookup_in(kGiven), made);
  return made;
}

TEST(Dotenv, ReadsEveryForm) {
  const Environment made = read(
      "# comment\nA=1 # tail\nexport B = two\nC: yaml\nD='$GIVEN "
      "\\n'\nE=\"$GIVEN\\n\\$x\"\nGIVEN\nF=\nG=$A-$GIVEN\nH=a#b\n");
  const Environment wanted{{"A", "1"}, {"B", "two"}, {"C", "yaml"},  {"D", "$GIVEN \\n"}, {"E", "g\n$x"},
                           {"F", ""},  {"G", "1-g"}, {"GIVEN", "g"}, {"H", "a#b"}};
  EXPECT_EQ(made, wanted);
}

TEST(Dotenv, ReadsQuotesOverLines) {
  EXPECT_EQ(read("A=\"x\ny\"\nB='1\n2'"), (Environment{{"A", "x\ny"}, {"B", "1\n2"}}));
}

TEST(Dotenv, NamesTheLineOfAFault) {
  for (const auto& [text, line] :
       {std::pair("A=1\nB C=2\n", "line 2"), {"A=1\n\n!=2\n", "line 3"}, {"A=\"1\n", "line 1"}}) {
    try {
      read(text);
      FAIL() << text;
    } catch (const base::Status& status) {
      EXPECT_TRUE(status.message().starts_with(line)) << status.message();
    }
  }
}

TEST(Dotenv, DoesNotGrowWithoutEnd) {
  std::string text = "A=" + std::string(1024, 'x') + "\n";
  for (char name = 'B'; name <= 'P'; ++name) {
    const char before = static_cast<char>(name - 1);
    text += std::string(1, name) + "=$" + before + "$" + before + "\n";
  }
  EXPECT_THROW(read(text), base::Status);
}

TEST(Dotenv, LeavesRawFilesAlone) {
  Environment made;
  const Environment given{{"BARE", "b"}};
  read_raw_env_file("# c\nA=\"$X\" # all\n\nBARE\nNONE\r\n", lookup_in(given), made);
  EXPECT_EQ(made, (Environment{{"A", "\"$X\" # all"}, {"BARE", "b"}}));
}

}  // namespace
}  // namespace berth::compose
