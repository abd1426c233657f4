// SPDX-License-Identifier: Apache-2.0
#include "base/http_body.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/status.hpp"

namespace berth::base {
namespace {

using Kind = BodyFraming::Kind;

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool done = false;
};

// Feeds `bytes` in pieces of `step`.
Decoded decode(BodyFraming framing, std::string_view bytes, std::size_t step) {
  BodyDecoder decoder(framing);
  Decoded result;
  while (!decoder.done() && result.used < bytes.size()) {
    result.used += decoder.decode(bytes.substr(result.used, step), result.body);
  }
  result.done = decoder.done();
  return result;
}

TEST(BodyDecoder, TakesExactlyTheLength) {
  for (const std::size_t step : {1u, 2u, 100u}) {
    const Decoded result = decode({Kind::Length, 5}, "12345GET /", step);
    EXPECT_EQ(result.body, "12345");
    EXPECT_EQ(result.used, 5u);
    EXPECT_TRUE(result.done);
  }
  EXPECT_TRUE(BodyDecoder({Kind::Length, 0}).done());
  EXPECT_TRUE(BodyDecoder({Kind::None, 0}).done());
}

TEST(BodyDecoder, TakesChunksAtEverySplit) {
  const std::string chunks =
      "4\r\nWiki\r\n005;name=\"v\"\r\npedia\r\nA \r\n0123456789\r\n0\r\nTrailer: dropped\r\n\r\n";
  for (std::size_t step = 1; step <= chunks.size(); ++step) {
    const Decoded result = decode({Kind::Chunked, 0}, chunks + "GET /", step);
    EXPECT_EQ(result.body, "Wikipedia0123456789") << step;
    EXPECT_EQ(result.used, chunks.size()) << step;
    EXPECT_TRUE(result.done) << step;
  }
  for (const std::size_t step : {1u, 2u, 3u, 4u, 5u}) {
    EXPECT_TRUE(decode({Kind::Chunked, 0}, "0\r\n\r\n", step).done) << "empty, in pieces of " << step;
  }
}

TEST(BodyDecoder, RefusesMalformedChunks) {
  for (const std::string& chunks :
       {std::string("\r\n"), std::string("x\r\n"), std::string("0x1\r\na\r\n"), std::string("-1\r\n"),
        std::string("+1\r\na\r\n"), std::string(" 1\r\na\r\n"), std::string("1\na\r\n"), std::string("1\r\nab\r\n"),
        std::string("1\r\na\n"), std::string("1\r\na\rb"), std::string("1\rx"), std::string("1;a\nb\r\n"),
        std::string("1;a\0b\r\n", 7), std::string("ffffffffffffffff\r\n"), std::string("0000000000000000001\r\n"),
        std::string("0\r\nX: a\nY: b\r\n\r\n"), "1;" + std::string(20'000, 'e') + "\r\n",
        "0\r\nX: " + std::string(20'000, 't') + "\r\n\r\n"}) {
    EXPECT_THROW(decode({Kind::Chunked, 0}, chunks, 4096), Status) << chunks.substr(0, 20);
    EXPECT_THROW(decode({Kind::Chunked, 0}, chunks, 1), Status) << chunks.substr(0, 20);
  }
}

TEST(BodyDecoder, KnowsWhichEndIsAnEnd) {
  std::string out;
  BodyDecoder until_close({Kind::UntilClose, 0});
  EXPECT_EQ(until_close.decode("abc", out), 3u);
  EXPECT_FALSE(until_close.done());
  EXPECT_TRUE(until_close.ends_with_stream());
  BodyDecoder cut({Kind::Length, 4});
  cut.decode("abc", out);
  EXPECT_FALSE(cut.ends_with_stream());
  BodyDecoder chunked({Kind::Chunked, 0});
  chunked.decode("1\r\na\r\n", out);
  EXPECT_FALSE(chunked.ends_with_stream());
}

TEST(BodyDecoder, RandomBytesNeverCrashNorGrow) {
  std::mt19937 random(11);
  const std::vector<std::string> words = {"0", "1", "f", "\r\n", "\r", "\n", ";", "a", "ffffffff", " "};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (unsigned i = random() % 20; i > 0; --i) bytes += words[random() % words.size()];
    const std::size_t step = 1 + random() % 7;
    try {
      const Decoded result = decode({Kind::Chunked, 0}, bytes, step);
      EXPECT_LE(result.body.size(), bytes.size());
      EXPECT_LE(result.used, bytes.size());
    } catch (const Status& status) {
      EXPECT_EQ(status.reason(), Reason::BadRequest);
    }
  }
}

}  // namespace
}  // namespace berth::base
