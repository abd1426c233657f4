// SPDX-License-Identifier: Apache-2.0
#include "schemas/quantity.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace berth::schemas {

using namespace std::chrono_literals;

TEST(Quantity, BytesAreExact) {
  EXPECT_EQ(parse_bytes("0"), 0);
  EXPECT_EQ(parse_bytes("128"), 128);
  EXPECT_EQ(parse_bytes("+128"), 128);
  EXPECT_EQ(parse_bytes("512Mi"), 512LL << 20);
  EXPECT_EQ(parse_bytes("1.5Gi"), 3LL << 29);
  EXPECT_EQ(parse_bytes("0.5Ki"), 512);
  EXPECT_EQ(parse_bytes("1G"), 1'000'000'000);
  EXPECT_EQ(parse_bytes("1k"), 1'000);
  EXPECT_EQ(parse_bytes("1e3"), 1'000);
  EXPECT_EQ(parse_bytes("1E3"), 1'000);
  EXPECT_EQ(parse_bytes("1E"), 1'000'000'000'000'000'000);
  EXPECT_EQ(parse_bytes("12.50e1"), 125);
  EXPECT_EQ(parse_bytes("1200e-2"), 12);
  EXPECT_EQ(parse_bytes("5000m"), 5);
  EXPECT_EQ(parse_bytes("100."), 100);
  EXPECT_EQ(parse_bytes(".5k"), 500);
  EXPECT_EQ(parse_bytes("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(Quantity, RefusesBytesThatAreNone) {
  for (const char* text : {"",
                           "Mi",
                           "-1",
                           "-5Mi",
                           "1.5",
                           "0.1Ki",
                           "512mb",
                           "512m",
                           "512MB",
                           "1K",
                           "1 Gi",
                           " 1",
                           "1Gi ",
                           "1e",
                           "1e+",
                           "1e3Mi",
                           "1..5",
                           ".",
                           "+",
                           "++1",
                           "0x10",
                           "1,000",
                           "9223372036854775808",
                           "8Ei",
                           "1e999",
                           "1e9999",
                           "99999999999999999999999999999999999999999999",
                           "NaN",
                           "inf"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(Quantity, CpusAreBillionths) {
  EXPECT_EQ(parse_nano_cpus("1"), 1'000'000'000);
  EXPECT_EQ(parse_nano_cpus("1.5"), 1'500'000'000);
  EXPECT_EQ(parse_nano_cpus("500m"), 500'000'000);
  EXPECT_EQ(parse_nano_cpus("0.000000001"), 1);
  EXPECT_EQ(parse_nano_cpus("1n"), 1);
  for (const char* text : {"", "0", "0.0", "0m", "-1", "0.5n", "two", "1.5.0", "1e30"}) {
    EXPECT_EQ(parse_nano_cpus(text), std::nullopt) << text;
  }
}

TEST(Quantity, DurationsAreGos) {
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("0s"), 0ns);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("1h2m3s4ms5us6ns"), 1h + 2min + 3s + 4ms + 5us + 6ns);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration(".5m"), 30s);
  EXPECT_EQ(parse_duration("+1s"), 1s);
  EXPECT_EQ(parse_duration("1\xc2\xb5s"), 1us);
  for (const char* text :
       {"", "10", "s", "-5s", "1d", "ten", "1 s", "1s ", "1s5", "1.s.", "300000000h", "+", "1..5s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace berth::schemas
