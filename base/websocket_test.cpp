// SPDX-License-Identifier: Apache-2.0
#include "base/websocket.hpp"

#include <gtest/gtest.h>

#include "base/stream_testing.hpp"

namespace berth::base {
namespace {

HttpRequest handshake() {
  HttpRequest request;
  request.headers.add("Upgrade", "WebSocket");
  request.headers.add("Connection", "keep-alive, Upgrade");
  request.headers.add("Sec-WebSocket-Version", "13");
  request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  return request;
}

TEST(WebSocket, IsAskedForByUpgrade) {
  EXPECT_TRUE(asks_for_websocket(handshake()));
  EXPECT_FALSE(asks_for_websocket(HttpRequest()));
  HttpRequest other = handshake();
  other.headers.set("Upgrade", "SPDY/3.1");
  EXPECT_FALSE(asks_for_websocket(other));
  HttpRequest closing = handshake();
  closing.headers.set("Connection", "close");
  EXPECT_FALSE(asks_for_websocket(closing));
}

TEST(WebSocket, IsAcceptedAsTheRfcShows) {
  HttpRequest request = handshake();
  const HttpResponse plain = accept_websocket(request);
  EXPECT_EQ(plain.status, 101);
  EXPECT_EQ(plain.headers.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_FALSE(plain.headers.has("Sec-WebSocket-Protocol"));
  request.headers.add("Sec-WebSocket-Protocol", "v4.channel.k8s.io, channel.k8s.io");
  EXPECT_EQ(accept_websocket(request).headers.get("Sec-WebSocket-Protocol"), "v4.channel.k8s.io");
  HttpRequest old = handshake();
  old.headers.set("Sec-WebSocket-Version", "8");
  EXPECT_THROW(accept_websocket(old), Status);
  HttpRequest keyless = handshake();
  keyless.headers.set("Sec-WebSocket-Key", "");
  EXPECT_THROW(accept_websocket(keyless), Status);
}

// A masked frame: what a client sends.
std::string frame(int first, const std::string& payload, const std::string& mask = "abcd") {
  std::string bytes{static_cast<char>(first), static_cast<char>(0x80 | payload.size())};
  bytes += mask;
  for (std::size_t at = 0; at < payload.size(); ++at) bytes += static_cast<char>(payload[at] ^ mask[at % 4]);
  return bytes;
}

// What the server writes while it reads this.
Task<std::string> conversation(std::deque<std::string> pieces, std::string lines) {
  std::string written;
  ScriptedStream stream(std::move(pieces), written);
  WebSocket socket(stream, co_await this_loop());
  co_await socket.write_lines(lines);
  co_await socket.wait_for_hangup();
  co_await socket.finish();
  co_return written;
}

const std::string kGoodbye("\x88\x02\x03\xe8", 4);

TEST(WebSocket, SendsAMessageALine) {
  EXPECT_EQ(run(conversation({}, "one\ntwo\n")), "\x81\x03one\x81\x03two" + kGoodbye);
  EXPECT_EQ(run(conversation({}, "")), kGoodbye);
  const std::string middle(126, 'm');
  EXPECT_EQ(run(conversation({}, middle + "\n")), std::string("\x81\x7e\x00\x7e", 4) + middle + kGoodbye);
  const std::string large(65536, 'l');
  EXPECT_EQ(run(conversation({}, large + "\n")),
            std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10) + large + kGoodbye);
}

TEST(WebSocket, AnswersPingsUntilTheGoodbye) {
  const std::string ping = frame(0x89, "hi");
  const std::string pong = "\x8a\x02hi";
  EXPECT_EQ(run(conversation({ping + frame(0x81, "ignored") + ping + frame(0x88, "") + ping}, "")),
            pong + pong + kGoodbye);
  // Byte by byte, and cut off.
  std::deque<std::string> bytes;
  for (const char byte : ping) bytes.emplace_back(1, byte);
  EXPECT_EQ(run(conversation(bytes, "")), pong + kGoodbye);
  bytes.pop_back();
  EXPECT_EQ(run(conversation(bytes, "")), kGoodbye);
}

TEST(WebSocket, WhoBreaksTheProtocolIsLeft) {
  const std::string ping = frame(0x89, "hi");
  for (const std::string& bad :
       {std::string("\x89\x02hi"), std::string("\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00", 10),
        std::string("\x89\xfe\x00\x7e", 4), frame(0xc9, "hi"), frame(0xa9, "hi"), frame(0x99, "hi")}) {
    EXPECT_EQ(run(conversation({bad + ping}, "")), kGoodbye);
  }
}

}  // namespace
}  // namespace berth::base
