// SPDX-License-Identifier: Apache-2.0
#include "docker/probe_reach.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

TEST(ProbeReach, HostsAnywhereElse) {
  for (const char* address : {"192.0.2.7", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "8.8.8.8",
                              "2001:db8::7", "fd00::7", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(why_not_probed(address, Loopback::Refused), "") << address;
  }
}

TEST(ProbeReach, LoopbackWhereItIsAllowed) {
  for (const char* address :
       {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    EXPECT_NE(why_not_probed(address, Loopback::Refused), "") << address;
    EXPECT_EQ(why_not_probed(address, Loopback::Allowed), "") << address;
  }
}

TEST(ProbeReach, NeverWhereNoRegistryIs) {
  for (const char* address :
       {"169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "ff02::1", "nonsense", ""}) {
    EXPECT_NE(why_not_probed(address, Loopback::Allowed), "") << address;
  }
}

}  // namespace
}  // namespace berth::docker
