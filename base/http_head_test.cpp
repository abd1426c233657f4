// SPDX-License-Identifier: Apache-2.0
#include "base/http_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/status.hpp"

namespace berth::base {
namespace {

using Kind = BodyFraming::Kind;

// As a connection does it: delimit, then parse.
RequestHead request(const std::string& raw) {
  HeadScanner scanner;
  const auto size = scanner.scan(raw, 65536);
  if (!size) throw std::runtime_error("incomplete");
  return parse_request_head(std::string_view(raw).substr(0, *size));
}

std::string refusal(const std::string& raw) {
  try {
    request(raw);
  } catch (const Status& status) {
    EXPECT_EQ(status.reason(), Reason::BadRequest);
    return status.message();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RequestHead, CarriesWhatWasSent) {
  const auto head = request(
      "POST http://h/apis/x?a=b%20c HTTP/1.1\r\nHost: h\r\nX-A:  spaced \t\r\nx-a:\r\nContent-Length: 12\r\n"
      "Expect: 100-Continue\r\n\r\n");
  EXPECT_EQ(head.request.method, "POST");
  EXPECT_EQ(head.request.target, "http://h/apis/x?a=b%20c");
  EXPECT_THAT(head.request.headers.get_all("X-A"), testing::ElementsAre("spaced", ""));
  EXPECT_EQ(head.body.kind, Kind::Length);
  EXPECT_EQ(head.body.length, 12u);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_FALSE(head.close);
  EXPECT_FALSE(head.http10);
}

TEST(RequestHead, KnowsWhenTheConnectionEnds) {
  EXPECT_TRUE(request("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Close\r\n\r\n").close);
  EXPECT_TRUE(request("GET / HTTP/1.0\r\n\r\n").close);
  EXPECT_TRUE(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").close);
  EXPECT_FALSE(request("GET / HTTP/1.1\r\nHost: h\r\n\r\n").close);
}

TEST(RequestHead, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::vector<std::string> shapes = {
      "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
      "Content-Length: 1\r\nContent-Length: 1\r\n",
      "Content-Length: 1\r\nContent-Length: 2\r\n",
      "Content-Length: 1, 1\r\n",
      "Content-Length: +1\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: 0x1\r\n",
      "Content-Length: 1 2\r\n",
      "Content-Length:\r\n",
      "Content-Length: 18446744073709551616\r\n",
      "Transfer-Encoding: identity\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: chunked, gzip\r\n",
      "Transfer-Encoding: chunked, chunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding:\r\n",
      "Transfer-Encoding: \x0b"
      "chunked\r\n",
      "Transfer-Encoding : chunked\r\n",
      "X: a\r\n folded\r\n",
      "X: a\r\n\tfolded\r\n",
      "X: a\nY: b\r\n",
      "X: a\rY: b\r\n",
      std::string("X: a\0b\r\n", 8),
      "X: a\x7f"
      "b\r\n",
      "X y: b\r\n",
      ": b\r\n",
      "nocolon\r\n",
      "Host: other\r\n",
      "X[: b\r\n",
  };
  for (const std::string& shape : shapes) EXPECT_NE(refusal(start + shape + "\r\n"), "accepted") << shape;
}

TEST(RequestHead, RefusesOtherProtocolsAndMalformedLines) {
  for (const std::string& line :
       {std::string("GET /"), std::string("GET / HTTP/0.9"), std::string("GET / HTTP/2.0"),
        std::string("GET / HTTP/1.2"), std::string("PRI * HTTP/2.0"), std::string("GET  / HTTP/1.1"),
        std::string("GET / HTTP/1.1 "), std::string("GET / x HTTP/1.1"), std::string(" GET / HTTP/1.1"),
        std::string("G(T / HTTP/1.1"), std::string("GET /\x01 HTTP/1.1"), std::string("GET / http/1.1"),
        std::string("GET\t/ HTTP/1.1"), std::string("GET / HTTP/1.10")}) {
    EXPECT_NE(refusal(line + "\r\nHost: h\r\n\r\n"), "accepted") << line;
  }
  EXPECT_NE(refusal("GET / HTTP/1.1\r\n\r\n"), "accepted") << "no Host";
  EXPECT_NE(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "accepted");
}

TEST(HeadScanner, FindsTheEndAtEverySplit) {
  const std::string raw = "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
  const std::string more = raw + "body\r\n\r\n";
  for (std::size_t split = 0; split <= more.size(); ++split) {
    HeadScanner scanner;
    const auto first = scanner.scan(std::string_view(more).substr(0, split), 1000);
    EXPECT_EQ(first.has_value(), split >= raw.size()) << split;
    if (!first) EXPECT_EQ(scanner.scan(more, 1000), raw.size()) << split;
  }
}

TEST(HeadScanner, RefusesEarly) {
  const auto refuses = [](std::string_view bytes) {
    HeadScanner scanner;
    try {
      scanner.scan(bytes, 100);
    } catch (const Status& status) {
      return status.reason() == Reason::BadRequest;
    }
    return false;
  };
  EXPECT_TRUE(refuses("\x16\x03\x01")) << "TLS";
  EXPECT_TRUE(refuses("GET /\r\n")) << "HTTP/0.9";
  EXPECT_TRUE(refuses("GET / HTTP/1.1\n")) << "bare LF";
  EXPECT_TRUE(refuses("GET /" + std::string(100, 'a')));
  EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nX: " + std::string(100, 'a') + "\r\n\r\n"));
  EXPECT_FALSE(refuses("GET / HTTP/1.1\r\n" + std::string(60, 'a')));
}

TEST(RequestHead, RandomBytesNeverCrash) {
  std::mt19937 random(7);
  const std::vector<std::string> words = {"GET ",
                                          "/",
                                          " HTTP/1.1",
                                          "\r\n",
                                          "\r",
                                          "\n",
                                          "Host: h",
                                          "Content-Length: ",
                                          "Transfer-Encoding: chunked",
                                          "1",
                                          ":",
                                          " ",
                                          "\t",
                                          "\x80",
                                          "Connection: close,"};
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string raw = round % 2 == 0 ? "GET / HTTP/1.1\r\nHost: h\r\n" : "";
    for (unsigned i = random() % 8; i > 0; --i) {
      if (random() % 4 == 0) {
        raw.push_back(static_cast<char>(random()));
      } else {
        raw += words[random() % words.size()];
      }
    }
    raw += "\r\n\r\n";
    if (refusal(raw) == "accepted") ++accepted;
  }
  EXPECT_GT(accepted, 100);
}

TEST(ResponseHead, FramesTheBodyByStatusAndMethod) {
  const auto framing = [](const std::string& raw, const char* method) {
    return parse_response_head(raw, method).body.kind;
  };
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "GET"), Kind::Length);
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HEAD"), Kind::None);
  EXPECT_EQ(framing("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "GET"), Kind::None);
  EXPECT_EQ(framing("HTTP/1.1 204 No Content\r\n\r\n", "GET"), Kind::None);
  EXPECT_EQ(framing("HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n", "POST"), Kind::None);
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET"), Kind::Chunked);
  EXPECT_EQ(framing("HTTP/1.1 200 \r\n\r\n", "GET"), Kind::UntilClose);
}

TEST(AppendHeader, RefusesWhatWouldEndTheLine) {
  std::string head;
  append_header(head, "X-Name", "value \xc3\xa9");
  EXPECT_EQ(head, "X-Name: value \xc3\xa9\r\n");
  EXPECT_THROW(append_header(head, "X", "a\r\nSet-Cookie: b"), Status);
  EXPECT_THROW(append_header(head, "X", "a\nb"), Status);
  EXPECT_THROW(append_header(head, "X Y", "a"), Status);
  EXPECT_THROW(append_header(head, "", "a"), Status);
}

}  // namespace
}  // namespace berth::base
