// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_host_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "docker/ssh_login.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// By ssh-keygen, as is the fingerprint.
constexpr std::string_view kLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJQyxGPFh7E+a48kitHUxn1qydyfxnCMLdv1Pr6MyEAa";
constexpr std::string_view kFingerprint = "SHA256:fbjbOF9i87MybKS5hhRT/dBH3awu6Bm1GOygsBnyZuo";
constexpr std::string_view kOther =
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHFXajE23OH5LknUqv0zWgz7a0jUVmAIj5OnP"
    "piRMUX/UL4j80T5t32gY0AQP5dNEO5K9JR3GslYtwIMjBokQRQ=";

TEST(SshHostKey, ReadsAndPrintsAsOpenSshDoes) {
  const SshHostKey key = host_key_from_line(std::string(kLine) + " somebody@somewhere");
  EXPECT_EQ(key.type, "ssh-ed25519");
  EXPECT_EQ(key.line(), kLine);
  EXPECT_EQ(key.fingerprint(), kFingerprint);
  EXPECT_EQ(host_key_from_blob(key.blob), key);
}

TEST(SshHostKey, RefusesWhatIsNone) {
  for (const std::string line : {"", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 AAAA", "ssh-ed25519 ####",
                                 "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"}) {
    EXPECT_THROW(host_key_from_line(line), base::Status) << line;
  }
  const std::string blob = host_key_from_line(kLine).blob;
  for (std::size_t size = 0; size <= 15; ++size) EXPECT_THROW(host_key_from_blob(blob.substr(0, size)), base::Status);
}

TEST(SshHostKey, PinnedTypesAreAskedForFirst) {
  const std::vector<std::string> known{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"};
  EXPECT_EQ(order_key_types({}, known), known);
  EXPECT_THAT(order_key_types({{"ecdsa-sha2-nistp384", "x"}, {"ssh-rsa", "y"}}, known),
              ElementsAre("ecdsa-sha2-nistp384", "ssh-ed25519", "ecdsa-sha2-nistp256"));
}

TEST(SshHostKey, IsComparedWithEveryPinnedOne) {
  SshServer server;
  server.address = "vm-1";
  server.hop = 2;
  const SshHostKey shown = host_key_from_line(kLine);
  server.host_keys = {host_key_from_line(kOther), shown};
  EXPECT_NO_THROW(check_host_key(server, shown));

  server.host_keys.clear();
  try {
    check_host_key(server, shown);
    ADD_FAILURE() << "an unknown key is no trusted one";
  } catch (const SshTrustError& error) {
    EXPECT_EQ(error.fault(), SshFault::HostKeyUnknown);
    EXPECT_EQ(error.offered(), (OfferedHostKey{2, "vm-1:22", std::string(kLine), std::string(kFingerprint)}));
    EXPECT_THAT(error.message(), HasSubstr(std::string(kFingerprint)));
    EXPECT_THAT(error.message(), HasSubstr(std::string(kLine)));
  }

  server.host_keys = {host_key_from_line(kOther)};
  try {
    check_host_key(server, shown);
    ADD_FAILURE() << "a changed key is no trusted one";
  } catch (const SshTrustError& error) {
    EXPECT_EQ(error.fault(), SshFault::HostKeyChanged);
    EXPECT_THAT(error.message(), HasSubstr(std::string(kFingerprint)));
    EXPECT_THAT(error.message(), HasSubstr(server.host_keys[0].fingerprint()));
  }
}

TEST(SshReader, NeverReadsPastTheEnd) {
  std::string bytes;
  append_string(bytes, "a,b,,c");
  append_number(bytes, 0xfffffff0u);
  SshReader reader(bytes);
  EXPECT_THAT(reader.names(), ElementsAre("a", "b", "", "c"));
  EXPECT_EQ(reader.string(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.number(), 0u);
  EXPECT_EQ(reader.byte(), 0);
}

}  // namespace
}  // namespace berth::docker
