// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

#include <gtest/gtest.h>

#include "cli/table_printer.hpp"

namespace berth::cli {
namespace {

TEST(Printable, LeavesNothingForATerminalToObey) {
  EXPECT_EQ(printable("caf\xC3\xA9\ttwo\nlines"), "caf\xC3\xA9\ttwo\nlines");
  EXPECT_EQ(printable("\x1b[2Jgone\r\x07\x7f"), "^[[2Jgone^M^G^?");
}

TEST(Printable, TablesAreMadeSo) { EXPECT_EQ(lay_out({{"A"}, {"\x1b]0;x\x07"}}), "A\n^[]0;x^G\n"); }

}  // namespace
}  // namespace berth::cli
