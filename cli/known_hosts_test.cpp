// SPDX-License-Identifier: Apache-2.0
#include "cli/known_hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(KnownHosts, FindsByNameAndPort) {
  const std::string file =
      "# comment\n\n"
      "vm-1,192.0.2.7 ssh-ed25519 AAAAone comment here\r\n"
      "[vm-1]:2222 ssh-ed25519 AAAAtwo\n"
      "vm-1 ecdsa-sha2-nistp256 AAAAthree";
  EXPECT_THAT(known_keys(file, "vm-1", 22), ElementsAre("ssh-ed25519 AAAAone", "ecdsa-sha2-nistp256 AAAAthree"));
  EXPECT_THAT(known_keys(file, "192.0.2.7", 22), ElementsAre("ssh-ed25519 AAAAone"));
  EXPECT_THAT(known_keys(file, "vm-1", 2222), ElementsAre("ssh-ed25519 AAAAtwo"));
  EXPECT_THAT(known_keys(file, "vm", 22), IsEmpty());
}

TEST(KnownHosts, Patterns) {
  const std::string file = "*.example,!bad.example ssh-ed25519 AAAAone\nvm-? ssh-ed25519 AAAAtwo\n";
  EXPECT_THAT(known_keys(file, "a.example", 22), ElementsAre("ssh-ed25519 AAAAone"));
  EXPECT_THAT(known_keys(file, "bad.example", 22), IsEmpty());
  EXPECT_THAT(known_keys(file, "vm-1", 22), ElementsAre("ssh-ed25519 AAAAtwo"));
  EXPECT_THAT(known_keys(file, "vm-12", 22), IsEmpty());
}

// Made by ssh-keygen -H from "[vm-1]:2222".
TEST(KnownHosts, HashedNames) {
  const std::string file = "|1|8poTDytL6t7v1NzT2OSedmf6Bx4=|iz1h4r5pEnoEhR7nDMxEz1yS750= ssh-ed25519 AAAAone\n";
  EXPECT_THAT(known_keys(file, "vm-1", 2222), ElementsAre("ssh-ed25519 AAAAone"));
  EXPECT_THAT(known_keys(file, "vm-1", 22), IsEmpty());
}

TEST(KnownHosts, RevokedKeysAndAuthoritiesAreNone) {
  const std::string file =
      "vm-1 ssh-ed25519 AAAAone\n@revoked * ssh-ed25519 AAAAone\n@cert-authority * ssh-ed25519 AAAAca\n"
      "vm-1 ssh-ed25519 AAAAtwo\n";
  EXPECT_THAT(known_keys(file, "vm-1", 22), ElementsAre("ssh-ed25519 AAAAtwo"));
}

TEST(KnownHosts, NonsenseIsPassedOver) {
  const std::string file = "vm-1\nvm-1 ssh-ed25519\nvm-1 ssh-ed25519 notakey\n|1|x ssh-ed25519 AAAA\n|1|**|** a AAAA\n";
  EXPECT_THAT(known_keys(file, "vm-1", 22), IsEmpty());
}

}  // namespace
}  // namespace berth::cli
