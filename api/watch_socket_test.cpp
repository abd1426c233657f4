// SPDX-License-Identifier: Apache-2.0
#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

std::string config_map(const std::string& name, const std::string& value = "v") {
  return R"({"metadata":{"name":")" + name + R"("},"data":{"k":")" + value + R"("}})";
}

class WatchSocket : public ServerTest {
 protected:
  WatchSocket() {
    start();
    client_.emplace(admin());
  }
  std::optional<Client> client_;
};

TEST_F(WatchSocket, HasAMessagePerEvent) {
  client_->send("POST", kMaps, config_map("a"));
  Client browser = admin();
  const auto ask = [](const std::string& version) {
    return "GET " + kMaps +
           "?watch=true&timeoutSeconds=60 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
           "Sec-WebSocket-Version: " + version + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           "Sec-WebSocket-Protocol: base64.binary.k8s.io\r\n\r\n";
  };
  browser.write(ask("13"));
  const std::string head = browser.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos) << "RFC 6455, 1.3";
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: base64.binary.k8s.io"), std::string::npos);
  const std::string first = browser.read_until("\"}}}");
  EXPECT_EQ(static_cast<unsigned char>(first[0]), 0x81) << "a text message";
  EXPECT_NE(first.find(R"({"type":"ADDED","object":{)"), std::string::npos);
  EXPECT_EQ(first.find('\n'), std::string::npos);
  client_->send("POST", kMaps, config_map("large", std::string(70'000, 'v')));
  const std::string large = browser.read_until("\"}}}");
  EXPECT_EQ(static_cast<unsigned char>(large[1]), 127) << "a length of eight bytes";
  EXPECT_EQ(large.size() - 10, static_cast<unsigned char>(large[7]) << 16 | static_cast<unsigned char>(large[8]) << 8 |
                                   static_cast<unsigned char>(large[9]));
  // A masked ping of "hi", then the goodbye.
  browser.write(std::string("\x89\x82\0\0\0\0hi", 8));
  EXPECT_EQ(browser.read_until("hi"), std::string("\x8a\x02hi"));
  browser.write(std::string("\x88\x80\0\0\0\0", 6));
  browser.read_to_end();
  Client unmasked = admin();
  unmasked.write(ask("13"));
  unmasked.read_until("\"}}}");
  unmasked.write("\x89\x02hi");
  unmasked.read_to_end();
  Client old = admin();
  old.write(ask("8"));
  EXPECT_TRUE(old.read_until("\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace berth::api::testing
