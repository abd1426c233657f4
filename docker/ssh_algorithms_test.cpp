// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_algorithms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "docker/ssh_wire.hpp"

namespace berth::docker {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string list_packet(const std::string& exchange, const std::string& host_key, const std::string& cipher,
                        const std::string& mac) {
  std::string payload(1, '\x14');
  payload.append(16, 'c');
  for (const std::string& names : {exchange, host_key, cipher, cipher, mac, mac}) append_string(payload, names);
  for (const char* rest : {"none", "none", "", ""}) append_string(payload, rest);
  payload.append(5, '\0');
  std::string packet;
  append_number(packet, static_cast<std::uint32_t>(payload.size() + 5));
  packet.push_back(4);
  return packet + payload + "pppp";
}

const std::string kModern =
    list_packet("sntrup761x25519-sha512@openssh.com,curve25519-sha256", "rsa-sha2-512,ssh-ed25519",
                "chacha20-poly1305@openssh.com,aes128-ctr", "umac-64@openssh.com,hmac-sha2-256");

TEST(SshGreeting, ReadsVersionAndLists) {
  const SshGreeting greeting = read_greeting("welcome\r\nSSH-2.0-OpenSSH_9.2\r\n" + kModern + "more");
  EXPECT_EQ(greeting.version, "SSH-2.0-OpenSSH_9.2");
  EXPECT_EQ(greeting.text, "welcome");
  ASSERT_TRUE(greeting.offers);
  EXPECT_EQ(greeting.offers->mac, (std::vector<std::string>{"umac-64@openssh.com", "hmac-sha2-256"}));
  EXPECT_EQ(describe_mismatch(*greeting.offers), "");
}

TEST(SshGreeting, NamesWhatHasNothingInCommon) {
  const std::string hardened =
      list_packet("curve25519-sha256", "ssh-ed25519", "aes256-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com");
  const SshGreeting greeting = read_greeting("SSH-2.0-x\n" + hardened);
  ASSERT_TRUE(greeting.offers);
  const std::string words = describe_mismatch(*greeting.offers);
  EXPECT_THAT(words, HasSubstr("ciphers (the server has only aes256-gcm@openssh.com)"));
  EXPECT_THAT(words, HasSubstr("MACs"));
  EXPECT_THAT(words, Not(HasSubstr("key exchange")));
}

TEST(SshGreeting, SomebodyElse) {
  const SshGreeting greeting = read_greeting("220 mail\x01.example\r\n250 more\r\n");
  EXPECT_EQ(greeting.version, "");
  EXPECT_EQ(greeting.text, "220 mail?.example");
  EXPECT_FALSE(greeting.offers);
}

// The server is not to be trusted yet, and may be cut anywhere.
TEST(SshGreeting, EveryPrefixAndEveryFlippedByteIsReadSafely) {
  const std::string whole = "SSH-2.0-OpenSSH_9.2\r\n" + kModern;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_greeting(std::string_view(whole).substr(0, size)).offers && size + 4 < whole.size()) << size;
    std::string flipped = whole;
    flipped[size] = static_cast<char>(flipped[size] ^ 0xff);
    read_greeting(flipped);
  }
}

}  // namespace
}  // namespace berth::docker
