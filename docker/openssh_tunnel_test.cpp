// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_tunnel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::docker {
namespace {

using testing::Contains;

SshServer server_of(const std::string& user) {
  SshServer server;
  server.address = "vm-1.example";
  server.port = 2222;
  server.user = user;
  return server;
}

TEST(OpensshTunnel, EveryWordOfASpecIsOneArgument) {
  const std::string user = "-oProxyCommand=touch$IFS/tmp/x;`id`";
  const SshServer server = server_of(user);
  const OpensshRoute route{server.address, server.port, "/private", "0",
                           engine_forwards("/private/engine", "/run/docker.sock")};
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
  EXPECT_THAT(arguments, Contains("UserKnownHostsFile=/private/known_hosts-0"));
  EXPECT_THAT(arguments, Contains("HostKeyAlias=[vm-1.example]:2222"));
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "-L"), 1);
}

TEST(OpensshTunnel, BehindAJumpAServerIsOnLoopbackAndKnownByItsOwnName) {
  SshServer next = server_of("deploy");
  EXPECT_EQ(jump_forwards(4711, next, "/private/up-0"),
            (std::vector<std::string>{"127.0.0.1:4711:vm-1.example:2222", "/private/up-0:/nonexistent"}));
  next.address = "2001:db8::7";
  EXPECT_EQ(jump_forwards(4711, next, "/private/up-0").front(), "127.0.0.1:4711:[2001:db8::7]:2222");
  const std::vector<std::string> arguments = openssh_arguments(next, {"127.0.0.1", 4711, "/private", "1", {}});
  EXPECT_THAT(arguments, Contains("HostKeyAlias=[2001:db8::7]:2222"));
  EXPECT_THAT(arguments, Contains("4711"));
  EXPECT_EQ(arguments.back(), "127.0.0.1");
}

TEST(OpensshTunnel, PathsThatSshWouldReadOtherwiseAreRefused) {
  for (const char* path : {"/run/a:b", "/run/%h", "/run/${HOME}/x", "/run/a b", "run/x", "", "~/x", "/run/\"x"}) {
    EXPECT_THROW(engine_forwards("/private/engine", path), SshError) << path;
  }
}

TEST(OpensshTunnel, TellsItsLastWordsApart) {
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
