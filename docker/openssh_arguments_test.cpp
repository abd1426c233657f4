// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::docker {
namespace {

using testing::Contains;
using testing::Not;

SshServer server_of(const std::string& user) {
  SshServer server;
  server.address = "vm-1.example";
  server.port = 2222;
  server.user = user;
  return server;
}

TEST(OpensshArguments, EveryWordOfASpecIsOneArgument) {
  const std::string user = "-oProxyCommand=touch$IFS/tmp/x;`id`";
  const SshServer server = server_of(user);
  const OpensshRoute route{OpensshRoute::Way::Network, "/private",
                           engine_purpose("/private/engine", "/run/docker.sock")};
  const std::vector<std::string> arguments = openssh_arguments(server, route);
  EXPECT_EQ(arguments.front(), "/usr/bin/ssh");
  EXPECT_EQ(arguments.back(), "vm-1.example");
  EXPECT_EQ(arguments[arguments.size() - 2], "--");
  const auto user_at = std::find(arguments.begin(), arguments.end(), user);
  ASSERT_NE(user_at, arguments.end());
  EXPECT_EQ(*(user_at - 1), "-l");
  EXPECT_THAT(arguments, Contains("/private/engine:/run/docker.sock"));
  EXPECT_THAT(arguments, Contains("StrictHostKeyChecking=yes"));
  EXPECT_THAT(arguments, Contains("ProxyCommand=none"));
  EXPECT_THAT(arguments, Contains("ServerAliveInterval=3"));
  EXPECT_THAT(arguments, Contains("ControlMaster=no"));
  EXPECT_THAT(arguments, Contains("UserKnownHostsFile=/private/known_hosts"));
  EXPECT_THAT(arguments, Contains("HostKeyAlias=[vm-1.example]:2222"));
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "-L"), 1);
}

TEST(OpensshArguments, BehindAJumpTheStandardStreamsAreTheConnection) {
  SshServer next = server_of("deploy");
  next.address = "2001:db8::7";
  const OpensshRoute route{OpensshRoute::Way::StandardStreams, "/private", jump_purpose("/private/control")};
  const std::vector<std::string> arguments = openssh_arguments(next, route);
  EXPECT_THAT(arguments, Contains("ProxyCommand=-"));
  EXPECT_THAT(arguments, Not(Contains("ProxyCommand=none")));
  EXPECT_THAT(arguments, Contains("ControlMaster=yes"));
  EXPECT_THAT(arguments, Contains("ControlPath=/private/control"));
  EXPECT_THAT(arguments, Contains("HostKeyAlias=[2001:db8::7]:2222"));
  EXPECT_THAT(arguments, Not(Contains("-L")));
  EXPECT_EQ(arguments.back(), "2001:db8::7");
}

TEST(OpensshArguments, PathsThatSshWouldReadOtherwiseAreRefused) {
  for (const char* path : {"/run/a:b", "/run/%h", "/run/${HOME}/x", "/run/a b", "run/x", "", "~/x", "/run/\"x"}) {
    EXPECT_THROW(engine_purpose("/private/engine", path), SshError) << path;
  }
}

TEST(OpensshArguments, TellsItsLastWordsApart) {
  EXPECT_EQ(openssh_fault("deploy@vm: Permission denied (publickey)."), SshFault::AuthenticationFailed);
  EXPECT_EQ(openssh_fault("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"), SshFault::HostKeyChanged);
  EXPECT_EQ(openssh_fault("No ED25519 host key is known\nHost key verification failed."), SshFault::HostKeyChanged);
  EXPECT_EQ(openssh_fault("ssh: connect to host vm port 22: Connection refused"), SshFault::ConnectionRefused);
  EXPECT_EQ(openssh_fault("ssh: connect to host vm port 22: Connection timed out"), SshFault::NoAnswer);
  EXPECT_EQ(openssh_fault("ssh: Could not resolve hostname vm: x"), SshFault::NameNotFound);
  EXPECT_EQ(openssh_fault("Unable to negotiate with vm port 22: no matching cipher"), SshFault::AlgorithmsRefused);
  EXPECT_EQ(openssh_fault("something new"), SshFault::ClientFailed);
}

}  // namespace
}  // namespace berth::docker
