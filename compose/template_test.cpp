// SPDX-License-Identifier: Apache-2.0
#include "compose/template.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "compose/loader.hpp"

namespace berth::compose {
namespace {

const Environment kVariables{{"SET", "value"}, {"EMPTY", ""}};

std::string of(std::string_view text) { return substitute(text, lookup_in(kVariables)); }

TEST(Template, FillsInEveryForm) {
  EXPECT_EQ(of("$SET ${SET} $NONE."), "value value .");
  EXPECT_EQ(of("${NONE:-d} ${EMPTY:-d} ${EMPTY-d} ${NONE-d}"), "d d  d");
  EXPECT_EQ(of("[${NONE:+o}] [${EMPTY:+o}] [${EMPTY+o}] ${SET:+o}"), "[] [] [o] o");
  EXPECT_EQ(of("${SET:?e} [${EMPTY?e}]"), "value []");
  EXPECT_EQ(of("$$SET $${SET} $1 $ a$"), "$SET ${SET} $1 $ a$");
}

TEST(Template, NestsInDefaults) {
  EXPECT_EQ(of("${NONE:-${NONE:-$SET}}!"), "value!");
  EXPECT_EQ(of(R"(${NONE:-{"a": {"b": 1}}} $SET)"), R"({"a": {"b": 1}} value)");
}

TEST(Template, RefusesWhatIsMalformed) {
  for (const char* text : {"${", "${}", "${1}", "${SET", "${SET!}", "${SET:}", "${NONE:-${}}"}) {
    EXPECT_THROW(of(text), base::Status) << text;
  }
}

TEST(Template, SaysWhatIsMissing) {
  try {
    of("${NONE:?give ${SET}}");
    FAIL() << "accepted";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(), "required variable NONE is missing a value: give value");
  }
}

TEST(Template, TellsOfUnsetVariables) {
  std::vector<std::string> unset;
  const Lookup lookup{[](std::string_view) { return std::nullopt; },
                      [&](std::string_view name) { unset.emplace_back(name); }};
  EXPECT_EQ(substitute("$A ${B} ${C:-c}", lookup), "  c");
  EXPECT_EQ(unset, (std::vector<std::string>{"A", "B"}));
}

TEST(Template, HoldsItsLimits) {
  const Environment large{{"BIG", std::string(1 << 20, 'x')}};
  EXPECT_THROW(substitute("$BIG$BIG$BIG$BIG$BIG", lookup_in(large)), base::Status);
  std::string nested;
  for (int i = 0; i < 40; ++i) nested += "${A:-";
  nested += std::string(40, '}');
  EXPECT_THROW(of(nested), base::Status);
}

}  // namespace
}  // namespace berth::compose
