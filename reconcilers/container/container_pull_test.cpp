// SPDX-License-Identifier: Apache-2.0
// Pulls: whose credentials go along, which failure is which, and who ends one.
#include <algorithm>

#include "base/crypto.hpp"
#include "reconcilers/registry/pull_failure.hpp"
#include "reconcilers/registry/registry_reconciler.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::World;

class PullTest : public ::testing::Test {
 protected:
  void make(const std::string& ns, const std::string& kind, const std::string& text) {
    world.loop.run_and_wait([&] { return make_task(ns, kind, text); });
  }
  Task<void> make_task(std::string ns, std::string kind, std::string text) {
    const schemas::Kind& made = testing::kind_named(kind);
    resources::Body body = base::parse_json_reporting(text);
    body.value.as_object()["apiVersion"] = made.api_version();
    body.value.as_object()["kind"] = kind;
    co_await world.resources->create(world.user, made, ns, std::move(body), {});
  }
  void login(const std::string& ns, const std::string& name, const std::string& server, const std::string& password) {
    make(ns, "Secret", R"({"metadata":{"name":")" + name + R"("},"stringData":{"password":")" + password + R"(\n"}})");
    make(ns, "Registry",
         R"({"metadata":{"name":")" + name + R"("},"spec":{"server":")" + server +
             R"(","username":"alice","passwordSecretRef":{"name":")" + name + "\"}}}");
  }
  // What the engine was told at the last pull: "alice:password@server", "" for nothing.
  std::string told() {
    std::string text = engine.last_auth();
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    if (text.empty()) return "";
    const Json auth = base::parse_json(base::from_base64(text));
    std::string_view token = base::string_at(auth, "identitytoken");
    std::string who(token.empty() ? base::string_at(auth, "username") : token);
    if (token.empty()) who.append(":").append(base::string_at(auth, "password"));
    return who.append("@").append(base::string_at(auth, "serveraddress"));
  }
  void run(const std::string& image, const std::string& more = "") {
    engine.add_to_registry(image);
    world.create("web", R"({"image":")" + image + "\"" + more + "}");
    EXPECT_FALSE(world.settle());
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(PullTest, ATagOfAnotherPlatformIsPulledForTheOneThatIsAskedFor) {
  engine.add_to_registry("busybox:latest linux/arm64", "arm");
  world.create("web", R"({"platform":"linux/arm64"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.calls("image_pull"), 1);
  EXPECT_EQ(world.status().image->id, engine.image_id("busybox"));
  world.expect_steady();
  // The tag is another platform's again; what is pinned stays.
  engine.add_image("busybox");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("image_pull"), 1);
  world.expect_steady();
  // Back to the engine's own: another image for the same reference.
  world.patch("web", R"({"spec":{"platform":"linux/amd64"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.status().image->platform, "linux/amd64");
  EXPECT_EQ(engine.calls("image_pull"), 1);
}

TEST_F(PullTest, APlatformThatNobodyHasIsSaid) {
  engine.add_to_registry("busybox");
  world.create("web", R"({"platform":"linux/arm64"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False ImageNotFound");
  EXPECT_NE(world.message("Ready").find("is for linux/amd64, not for linux/arm64"), std::string::npos);
  EXPECT_TRUE(engine.containers().empty());
  world.patch("web", R"({"spec":{"imagePullPolicy":"Never"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("Ready"), "image busybox for linux/arm64 is not on host local, and imagePullPolicy is Never");
}

TEST_F(PullTest, WhatIsKilledRunsOnWhileItsNextImageCannotBeHad) {
  run("app:1", R"(,"restartPolicy":"Always")");
  world.patch("web", R"({"spec":{"image":"app:2"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False ImagePullDenied");
  engine.kill("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), std::vector<std::string>{"web"});
  EXPECT_EQ(world.condition("Ready"), "False ImagePullDenied") << "of what is declared";
  engine.kill("web");
  EXPECT_FALSE(world.settle());
  EXPECT_TRUE(engine.running().empty()) << "later and later, or what ends at once would be started without end";
  world.clock.advance(minutes(10));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), std::vector<std::string>{"web"});
}

TEST_F(PullTest, WhatDoesNotStartIsNoReasonNotToPull) {
  run("app:1", R"(,"restartPolicy":"Always")");
  engine.kill("web");
  engine.add_to_registry("app:2");
  engine.fail("container_start", 500, "driver failed programming external connectivity");
  world.patch("web", R"({"spec":{"image":"app:2"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.status().image->ref, "app:2");
}

TEST_F(PullTest, CredentialsAreTheNamespacesElseTheSystems) {
  login("berth-system", "ghcr", "ghcr.io", "system");
  login("default", "ghcr", "ghcr.io", "own");
  run("ghcr.io/team/app:1");
  EXPECT_EQ(told(), "alice:own@ghcr.io") << "and without the newline that files end in";
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_F(PullTest, CredentialsOfTheSystemServeEveryNamespace) {
  login("berth-system", "hub", "docker.io", "system");
  run("library/app:1");
  EXPECT_EQ(told(), "alice:system@https://index.docker.io/v1/");
}

TEST_F(PullTest, CredentialsGoToTheirOwnServerOnly) {
  login("default", "a", "registry:5000", "a");
  login("default", "b", "evil-ghcr.io", "b");
  run("ghcr.io/team/app:1");
  EXPECT_EQ(told(), "");
  EXPECT_EQ(engine.calls("image_pull"), 1u);
}

TEST_F(PullTest, ANamedRegistryHasToBeForTheServer) {
  login("default", "a", "ghcr.io", "first");
  login("default", "z", "ghcr.io", "named");
  run("ghcr.io/team/app:1", R"(,"registryRef":{"name":"z"})");
  EXPECT_EQ(told(), "alice:named@ghcr.io");
  world.patch("web", R"({"spec":{"image":"quay.io/team/app:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RegistryNotUsable");
  EXPECT_EQ(world.condition("ReferencesResolved"), "False RegistryNotUsable");
  EXPECT_EQ(world.message("Ready"),
            "spec.registryRef: Registry \"z\" is for ghcr.io, and quay.io/team/app:1 is pulled from quay.io: its "
            "credentials are not sent there");
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  EXPECT_EQ(engine.running(), std::vector<std::string>{"web"});
}

TEST_F(PullTest, ANamedRegistryThatIsMissingIsWaitedFor) {
  run("ghcr.io/team/app:1", R"(,"registryRef":{"name":"later"})");
  EXPECT_EQ(world.condition("ReferencesResolved"), "False RegistryNotUsable");
  EXPECT_EQ(engine.calls("image_pull"), 0u);
  make("default", "Registry",
       R"({"metadata":{"name":"later"},"spec":{"server":"ghcr.io","identityTokenSecretRef":{"name":"later"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("Ready"), "Registry default/later: spec.identityTokenSecretRef: secrets \"later\" not found");
  make("default", "Secret", R"({"metadata":{"name":"later"},"stringData":{"identitytoken":"t-1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(told(), "t-1@ghcr.io");
  EXPECT_EQ(world.condition("ReferencesResolved"), "True Resolved");
}

TEST_F(PullTest, ADockerConfigIsReadByServer) {
  const std::string pair = base::to_base64("bob:of:colons");
  const std::string config =
      base::to_base64(R"({"auths":{"https://ghcr.io":{"auth":")" + pair + R"("},"quay.io":{"identitytoken":"t-2"}}})");
  make("default", "Secret",
       R"({"metadata":{"name":"cfg"},"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":")" + config +
           "\"}}");
  for (const char* server : {"ghcr.io", "quay.io", "other.io"}) {
    make("default", "Registry",
         R"({"metadata":{"name":")" + std::string(server) + R"("},"spec":{"server":")" + server +
             R"(","dockerConfigSecretRef":{"name":"cfg"}}})");
  }
  run("ghcr.io/team/app:1");
  EXPECT_EQ(told(), "bob:of:colons@ghcr.io");
  engine.add_to_registry("quay.io/app:1");
  world.patch("web", R"({"spec":{"image":"quay.io/app:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(told(), "t-2@quay.io");
  world.patch("web", R"({"spec":{"image":"other.io/app:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_NE(world.message("Ready").find("has no entry for other.io under auths"), std::string::npos);
}

TEST_F(PullTest, AnotherPasswordIsTriedAtOnce) {
  login("default", "ghcr", "ghcr.io", "old");
  engine.fail("image_pull", 200, "unauthorized: incorrect username or password");
  run("ghcr.io/team/app:1");
  EXPECT_EQ(world.condition("ImageResolved"), "False ImagePullDenied");
  EXPECT_NE(world.message("Ready").find("with the credentials of Registry default/ghcr"), std::string::npos);
  EXPECT_EQ(world.pass().delay(), seconds(30)) << "the same ones are not shown again at each wake";
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  world.patch("ghcr", R"({"stringData":{"password":"new"}})", "Secret");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(told(), "alice:new@ghcr.io");
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.audit_text().find("\"old\""), std::string::npos);
}

TEST_F(PullTest, WhoHasOtherCredentialsPullsForItself) {
  engine.hang("image_pull", 2);
  login("default", "a", "ghcr.io", "a");
  login("default", "b", "ghcr.io", "b");
  engine.add_to_registry("ghcr.io/app:1");
  for (const char* name : {"a", "b", "c"}) {
    const std::string registry = name == std::string("c") ? "a" : name;
    world.create(name, R"({"image":"ghcr.io/app:1","registryRef":{"name":")" + registry + "\"}}");
    world.refresh();
    world.pass(name);
  }
  EXPECT_TRUE(engine.wait_until([&] { return engine.calls("image_pull") == 2; }));
  EXPECT_EQ(world.pulls->running(), 2u);
  engine.release("image_pull");
  for (const char* name : {"a", "b", "c"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.calls("image_pull"), 2u);
}

TEST_F(PullTest, HowFarItIsIsSaidWhileItGoesOn) {
  engine.hang("image_pull_layers");
  engine.add_to_registry("big:1");
  world.create("web", R"({"image":"big:1"})");
  world.refresh();
  world.until_woken_after([&] { world.pass(); });
  world.pass();
  EXPECT_EQ(world.condition("Ready"), "False Pulling");
  EXPECT_EQ(world.message("Ready"), "image big:1 is pulled: 1 of 2 layers, 2.0 of 4.0 MiB");
  EXPECT_EQ(world.status().phase, "Pulling");
  engine.release("image_pull_layers");
  world.wait_for_pulls();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  const std::vector<std::string> reasons = world.event_reasons();
  EXPECT_EQ(std::ranges::count(reasons, "Pulling"), 1);
  EXPECT_EQ(std::ranges::count(reasons, "Pulled"), 1);
}

TEST_F(PullTest, WhatNobodyWantsIsCancelled) {
  engine.hang("image_pull", 1);
  engine.add_to_registry("big:1");
  world.create("web", R"({"image":"big:1"})");
  world.create("too", R"({"image":"big:1"})");
  world.refresh();
  world.pass("web");
  world.pass("too");
  EXPECT_TRUE(engine.wait_until([&] { return engine.calls("image_pull") == 1; }));
  world.patch("web", R"({"spec":{"image":"busybox"}})");
  EXPECT_EQ(world.pulls->running(), 1u);
  world.pass("web");
  EXPECT_EQ(world.pulls->running(), 1u) << "one of two still wants it";
  world.remove("too");
  world.pass("too");
  world.wait_for_pulls();
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.pulls->running(), 0u);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  engine.release("image_pull");
}

struct FailureCase {
  const char* words;
  const char* reason;
  seconds wait;
};

class FailureTest : public ::testing::TestWithParam<FailureCase> {
 protected:
  World world;
};

TEST_P(FailureTest, IsToldApart) {
  world.engine.fail("image_pull", 200, GetParam().words);
  world.create("web", R"({"image":"10.0.0.1:5000/app:1"})");
  world.refresh();
  world.pass();
  world.wait_for_pulls();
  world.pass();
  EXPECT_EQ(world.condition("Ready"), std::string("False ") + GetParam().reason);
  EXPECT_EQ(world.condition("ImageResolved"), std::string("False ") + GetParam().reason);
  EXPECT_TRUE(world.message("Ready").starts_with(GetParam().words));
  EXPECT_EQ(world.pass().delay(), GetParam().wait);
  world.expect_steady();
}

INSTANTIATE_TEST_SUITE_P(
    Words, FailureTest,
    ::testing::Values(
        FailureCase{"toomanyrequests: You have reached your pull rate limit", "ImagePullRateLimited", minutes(1)},
        FailureCase{"manifest for app:1 not found: manifest unknown", "ImageNotFound", seconds(10)},
        FailureCase{"denied: requested access to the resource is denied", "ImagePullDenied", seconds(30)},
        FailureCase{"Get \"https://10.0.0.1:5000/v2/\": x509: certificate signed by unknown authority",
                    "RegistryUntrusted", seconds(10)},
        FailureCase{"Get \"https://10.0.0.1:5000/v2/\": http: server gave HTTP response to HTTPS client",
                    "RegistryUntrusted", seconds(10)},
        FailureCase{"Get \"https://10.0.0.1:5000/v2/\": dial tcp 10.0.0.1:5000: connect: connection refused",
                    "RegistryUnreachable", seconds(2)},
        FailureCase{"no space left on device", "ErrImagePull", seconds(1)}));

TEST(PullFailure, NamesTheLineThatMendsIt) {
  const auto untrusted = explain_pull(base::unavailable("x509: unknown authority", seconds(1)), "vm-1", "reg:5000", "");
  EXPECT_EQ(untrusted.message,
            "x509: unknown authority; on host vm-1, put the certificate of the registry's CA into "
            "/etc/docker/certs.d/reg:5000/ca.crt");
  const auto plain = explain_pull(base::unavailable("http: server gave HTTP response to HTTPS client", seconds(1)),
                                  "vm-1", "reg:5000", "");
  EXPECT_NE(plain.message.find("\"insecure-registries\": [\"reg:5000\"]"), std::string::npos);
}

}  // namespace
}  // namespace berth::reconcilers
