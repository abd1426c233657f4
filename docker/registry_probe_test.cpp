// SPDX-License-Identifier: Apache-2.0
#include "docker/registry_probe.hpp"

#include <gtest/gtest.h>

#include "docker/registry_testing.hpp"

namespace berth::docker {
namespace {

using base::Task;
using testing::FakeRegistry;
using Asks = FakeRegistry::Asks;
using Credential = RegistryAccess::Credential;
using Login = RegistryAnswer::Login;
using Reach = RegistryAnswer::Reach;
using std::chrono::seconds;

RegistryAccess by_password(const FakeRegistry& registry, std::string_view password) {
  return {registry.server(), "", false, Credential::Password, "alice", password, Loopback::Allowed};
}

Task<RegistryAnswer> ask(RegistryAccess access) { return probe_registry(std::move(access), seconds(20)); }

using Setup = std::function<void(FakeRegistry&)>;
struct Outcome {
  RegistryAnswer answer;
  std::vector<std::string> requests;
  std::vector<std::string> credentials;
};

Task<Outcome> converse(Asks asks, Setup setup, std::function<RegistryAccess(const FakeRegistry&)> access,
                       std::optional<base::PemPair> identity) {
  FakeRegistry registry(co_await base::this_loop(), asks, std::move(identity));
  if (setup) setup(registry);
  RegistryAccess wanted = access(registry);
  Outcome outcome;
  outcome.answer = co_await ask(std::move(wanted));
  co_await registry.stop();
  outcome.requests = registry.requests;
  outcome.credentials = registry.credentials;
  co_return outcome;
}

Outcome probe(Asks asks, std::function<RegistryAccess(const FakeRegistry&)> access, Setup setup = {},
              std::optional<base::PemPair> identity = std::nullopt) {
  return base::run(converse(asks, std::move(setup), std::move(access), std::move(identity)));
}

RegistryAccess nobody(const FakeRegistry& registry) {
  RegistryAccess access{registry.server()};
  access.loopback = Loopback::Allowed;
  return access;
}
RegistryAccess alice(const FakeRegistry& registry) { return by_password(registry, "wonderland"); }
RegistryAccess mallory(const FakeRegistry& registry) { return by_password(registry, "guessed-password"); }

TEST(RegistryProbe, BasicTakesTheRightPasswordOnly) {
  const Outcome right = probe(Asks::Basic, alice);
  EXPECT_EQ(right.answer.reach, Reach::Reached);
  EXPECT_EQ(right.answer.login, Login::Accepted);
  EXPECT_EQ(right.requests, (std::vector<std::string>{"GET /v2/", "GET /v2/"}));
  EXPECT_EQ(right.credentials.front(), "") << "nothing is sent before it is asked for";
  const Outcome wrong = probe(Asks::Basic, mallory);
  EXPECT_EQ(wrong.answer.login, Login::Denied);
  EXPECT_EQ(wrong.answer.login_message, "the registry answered 401 Unauthorized: authentication required");
  EXPECT_EQ(probe(Asks::Basic, nobody).answer.login, Login::Required);
}

TEST(RegistryProbe, BearerGoesByTheTokenServer) {
  const Outcome right = probe(Asks::Bearer, alice);
  EXPECT_EQ(right.answer.login, Login::Accepted) << right.answer.login_message;
  EXPECT_EQ(right.requests, (std::vector<std::string>{
                                "GET /v2/", "GET /token?service=fake&client_id=berth&account=alice", "GET /v2/"}));
  EXPECT_EQ(right.credentials.back(), "Bearer token-1");
  EXPECT_EQ(probe(Asks::Bearer, mallory).answer.login, Login::Denied);
  EXPECT_EQ(probe(Asks::Bearer, nobody).answer.login, Login::Required);
  const auto open = [](FakeRegistry& registry) { registry.anybody = true; };
  EXPECT_EQ(probe(Asks::Bearer, nobody, open).answer.login, Login::Anonymous);
}

TEST(RegistryProbe, IdentityTokens) {
  const auto with = [](std::string_view token) {
    return [token](const FakeRegistry& registry) {
      return RegistryAccess{registry.server(), "", false, Credential::IdentityToken, "", token, Loopback::Allowed};
    };
  };
  EXPECT_EQ(probe(Asks::Bearer, with("refresh-1")).answer.login, Login::Accepted);
  EXPECT_EQ(probe(Asks::Bearer, with("refresh-2")).answer.login, Login::Denied);
  EXPECT_EQ(probe(Asks::Basic, with("refresh-1")).answer.login, Login::Denied);
}

TEST(RegistryProbe, OneThatAsksNobodyGetsNoCredentials) {
  const Outcome open = probe(Asks::Nobody, alice);
  EXPECT_EQ(open.answer.login, Login::NotAsked);
  EXPECT_EQ(open.credentials, std::vector<std::string>{""});
}

TEST(RegistryProbe, WordsOfTheServerNeverRepeatTheSecret) {
  // The fake token server repeats what it was shown.
  const Outcome denied = probe(Asks::Bearer, mallory);
  EXPECT_EQ(denied.answer.login, Login::Denied);
  EXPECT_TRUE(denied.answer.login_message.ends_with("answered 401 Unauthorized")) << denied.answer.login_message;
}

TEST(RegistryProbe, CertificatesAreVerifiedByTheBundle) {
  const base::WallTime now = std::chrono::system_clock::now();
  const base::PemPair ca = base::make_ca("registry-ca", now);
  const base::PemPair leaf =
      base::make_leaf(ca, {.common_name = "registry", .ip_addresses = {"127.0.0.1"}, .for_server = true}, now);
  const std::string other = base::make_ca("other-ca", now).certificate;
  const auto trusting = [](std::string bundle, bool insecure) {
    return [bundle, insecure](const FakeRegistry& registry) {
      RegistryAccess access = alice(registry);
      access.ca_bundle = bundle;
      access.insecure = insecure;
      return access;
    };
  };
  EXPECT_EQ(probe(Asks::Bearer, trusting(ca.certificate, false), {}, leaf).answer.login, Login::Accepted);
  const Outcome untrusted = probe(Asks::Basic, trusting(other, false), {}, leaf);
  EXPECT_EQ(untrusted.answer.reach, Reach::Untrusted) << untrusted.answer.reach_message;
  EXPECT_EQ(untrusted.requests, std::vector<std::string>{});
  EXPECT_EQ(probe(Asks::Basic, trusting(other, true), {}, leaf).answer.login, Login::Accepted);
  // Who declares whom to trust wants no plain HTTP.
  EXPECT_EQ(probe(Asks::Basic, trusting(ca.certificate, false)).answer.reach, Reach::Unreachable);
}

TEST(RegistryProbe, CredentialsGoToNoTokenServerWithoutTls) {
  const base::WallTime now = std::chrono::system_clock::now();
  const base::PemPair ca = base::make_ca("registry-ca", now);
  const base::PemPair leaf =
      base::make_leaf(ca, {.common_name = "registry", .ip_addresses = {"127.0.0.1"}, .for_server = true}, now);
  const auto plain = [](FakeRegistry& registry) { registry.names = "http://" + registry.server() + "/token"; };
  const auto access = [&ca](const FakeRegistry& registry) {
    RegistryAccess made = alice(registry);
    made.ca_bundle = ca.certificate;
    return made;
  };
  const Outcome refused = probe(Asks::Bearer, access, plain, leaf);
  EXPECT_EQ(refused.answer.login, Login::Failed);
  EXPECT_EQ(refused.requests, std::vector<std::string>{"GET /v2/"});
  const auto nonsense = [](FakeRegistry& registry) { registry.names = "file:///etc/passwd"; };
  EXPECT_EQ(probe(Asks::Bearer, alice, nonsense).answer.login, Login::Failed);
}

TEST(RegistryProbe, WhatIsNoRegistryAndWhatIsNotThere) {
  const auto says = [](int status) { return [status](FakeRegistry& registry) { registry.status = status; }; };
  EXPECT_EQ(probe(Asks::Basic, alice, says(404)).answer.reach, Reach::NotARegistry);
  EXPECT_EQ(probe(Asks::Basic, alice, says(302)).answer.reach, Reach::NotARegistry);
  EXPECT_EQ(probe(Asks::Basic, alice, says(503)).answer.reach, Reach::Unreachable);
  EXPECT_EQ(probe(Asks::Basic, alice, says(429)).answer.login, Login::RateLimited);
  EXPECT_EQ(base::run(ask({"127.0.0.1:1", "", false, Credential::None, "", "", Loopback::Allowed})).reach,
            Reach::Unreachable);
}

TEST(RegistryProbe, NobodyIsSentWhereNoRegistryMayBe) {
  const auto from_outside = [](const FakeRegistry& registry) {
    RegistryAccess access = alice(registry);
    access.loopback = Loopback::Refused;
    return access;
  };
  const Outcome refused = probe(Asks::Basic, from_outside);
  EXPECT_EQ(refused.answer.reach, Reach::NotAllowed) << refused.answer.reach_message;
  EXPECT_EQ(refused.requests, std::vector<std::string>{});
  for (const char* server : {"169.254.169.254", "localhost:1", "[fe80::1]:80", "0.0.0.0:1", "[::ffff:127.0.0.1]:1"}) {
    const RegistryAnswer answer = base::run(ask({server, "", true}));
    EXPECT_EQ(answer.reach, Reach::NotAllowed) << server << ": " << answer.reach_message;
  }
  const auto elsewhere = [](FakeRegistry& registry) { registry.names = "http://169.254.169.254/latest/meta-data"; };
  const RegistryAnswer led_on = probe(Asks::Bearer, alice, elsewhere).answer;
  EXPECT_EQ(led_on.login, Login::Failed);
  EXPECT_NE(led_on.login_message.find("169.254.169.254 is link-local"), std::string::npos) << led_on.login_message;
}

}  // namespace
}  // namespace berth::docker
