// SPDX-License-Identifier: Apache-2.0
#include "docker/registry_challenge.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

std::string said(std::string_view header) {
  std::string text;
  for (const RegistryChallenge& each : parse_challenges(header)) {
    text += each.scheme + "(";
    for (const auto& [name, value] : each.values) text += name + "=" + value + ";";
    text += ")";
  }
  return text;
}

TEST(RegistryChallenge, IsReadAsRegistriesWriteIt) {
  EXPECT_EQ(said(R"(Basic realm="Registry Realm")"), "basic(realm=Registry Realm;)");
  EXPECT_EQ(said(R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io")"),
            "bearer(realm=https://auth.docker.io/token;service=registry.docker.io;)");
  EXPECT_EQ(said(R"(BEARER Realm=a , scope="repository:x:pull,push", error="x\"y")"),
            "bearer(error=x\"y;realm=a;scope=repository:x:pull,push;)");
  EXPECT_EQ(said(R"(Basic realm="a", Bearer realm="b")"), "basic(realm=a;)bearer(realm=b;)");
  EXPECT_EQ(said("Negotiate, Basic realm=x"), "negotiate()basic(realm=x;)");
}

TEST(RegistryChallenge, WhatIsHalfUnderstoodIsNone) {
  EXPECT_EQ(said(""), "");
  EXPECT_EQ(said(R"(Bearer realm="https://a)"), "");
  EXPECT_EQ(said(R"(Bearer realm="a\)"), "");
  EXPECT_EQ(said("\x01\x02"), "");
  EXPECT_EQ(said(R"(Basic realm="a", "b")"), "basic(realm=a;)");
}

TEST(WebAddress, HasPartsOfUrlsOnly) {
  const auto hub = parse_web_address("https://auth.docker.io/token?a=b#c");
  ASSERT_TRUE(hub);
  EXPECT_TRUE(hub->tls);
  EXPECT_EQ(hub->host, "auth.docker.io");
  EXPECT_EQ(hub->port, 443);
  EXPECT_EQ(hub->target, "/token?a=b");
  const auto local = parse_web_address("http://[::1]:5001");
  ASSERT_TRUE(local);
  EXPECT_FALSE(local->tls);
  EXPECT_EQ(local->authority(), "[::1]:5001");
  EXPECT_EQ(local->target, "/");
  EXPECT_EQ(parse_web_address("http://a?x")->target, "/?x");
  for (const char* bad : {"", "auth.docker.io", "ftp://a/", "https://", "https://a:0/", "https://a:99999/",
                          "https://u:p@a/", "https://a b/", "https://a/\r\nX: y", "https://[::1/", "https://[x]/"}) {
    EXPECT_FALSE(parse_web_address(bad)) << bad;
  }
}

TEST(WebAddress, OfARegistry) {
  EXPECT_EQ(registry_address("docker.io", Transport::Tls)->authority(), "registry-1.docker.io");
  EXPECT_EQ(registry_address("ghcr.io", Transport::Tls)->port, 443);
  EXPECT_EQ(registry_address("registry", Transport::Plain)->port, 80);
  EXPECT_EQ(registry_address("[::1]:5000", Transport::Plain)->authority(), "[::1]:5000");
  EXPECT_FALSE(registry_address("a/b", Transport::Tls));
}

}  // namespace
}  // namespace berth::docker
