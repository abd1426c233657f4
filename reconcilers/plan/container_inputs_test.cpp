// SPDX-License-Identifier: Apache-2.0
// Secrets, ConfigMaps and images: what a container waits for, and where secret values may be seen.
#include "base/crypto.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kSecretValue = "hunter2-c4n4ry";

std::string secret(const std::string& value) {
  return R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"data":{"password":")" +
         base::to_base64(value) + R"("}})";
}

constexpr const char* kWithSecret =
    R"({"env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}],
                                        "files":[{"path":"/run/p","secretKeyRef":{"name":"db","key":"password"}}]})";

class InputsTest : public ::testing::Test {
 protected:
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(InputsTest, WaitsForItsSecretAndTakesItsValue) {
  world.create("web", kWithSecret);
  EXPECT_FALSE(world.settle()) << "a missing reference is a condition, not an error";
  EXPECT_EQ(engine.containers(), Names{});
  EXPECT_EQ(world.condition("ReferencesResolved"), "False NotFound");
  EXPECT_EQ(world.condition("Ready"), "False ReferencesMissing");
  EXPECT_NE(world.message("Ready").find("spec.env[0]"), std::string::npos) << world.message("Ready");
  world.expect_steady();
  world.create_object("Secret", secret(kSecretValue));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::to_canonical(engine.create_body("web").at("Env")), "[\"P=" + std::string(kSecretValue) + "\"]");
  EXPECT_EQ(engine.files("web").at("/run/p").content, kSecretValue);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_F(InputsTest, SecretValuesAreSeenByTheEngineOnly) {
  world.create_object("Secret", secret(kSecretValue));
  world.create("web", kWithSecret);
  engine.on_start("busybox:latest", {"", {}, 500, "port is already allocated"});
  EXPECT_TRUE(world.settle());
  engine.on_start("busybox:latest", {});
  EXPECT_FALSE(world.settle());
  std::string seen = base::to_canonical(engine.create_body("web").at("Labels")) + world.audit_text();
  seen += base::to_canonical(world.get("web"));
  for (const base::Json& event : world.list("Event")) seen += base::to_canonical(event);
  for (const std::string& form : {std::string(kSecretValue), base::to_base64(kSecretValue), base::to_hex(kSecretValue),
                                  base::to_hex(base::sha256(kSecretValue))}) {
    EXPECT_EQ(seen.find(form), std::string::npos) << form;
  }
}

// The engine takes both, and then runc says the first one aloud, and the second is another value.
TEST_F(InputsTest, AValueThatNoVariableCanHoldNeverReachesTheEngine) {
  for (const std::string& value : {kSecretValue + std::string("\0tail", 5), "\xFF\xFE" + std::string(kSecretValue)}) {
    world.create_object("Secret", secret(value));
    for (const char* env : {R"("env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}])",
                            R"("envFrom":[{"secretRef":{"name":"db"}}])"}) {
      world.create("web", std::string("{") + env + "}");
      EXPECT_FALSE(world.settle());
      EXPECT_EQ(engine.containers(), Names{});
      EXPECT_EQ(world.condition("Ready"), "False ReferencesMissing");
      EXPECT_NE(world.message("Ready").find("cannot be in the environment"), std::string::npos);
      EXPECT_EQ(world.message("Ready").find(kSecretValue), std::string::npos);
      world.expect_steady();
      world.remove("web");
      EXPECT_FALSE(world.settle());
      EXPECT_FALSE(world.exists("web"));
    }
    world.create("web", R"({"files":[{"path":"/run/p","secretKeyRef":{"name":"db","key":"password"}}]})");
    EXPECT_FALSE(world.settle());
    EXPECT_EQ(engine.files("web").at("/run/p").content, value) << "a file holds any bytes";
    world.remove("web");
    world.settle();
    world.remove("db", "Secret");
  }
}

TEST_F(InputsTest, AnotherSecretValueIsAReplace) {
  world.create_object("Secret", secret("one"));
  world.create("web", kWithSecret);
  world.settle();
  world.patch("db", R"({"data":{"password":"dHdv"}})", "Secret");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(base::to_canonical(engine.create_body("web").at("Env")), R"(["P=two"])");
  world.expect_steady();
}

TEST_F(InputsTest, SecretThatVanishesStopsNothing) {
  world.create_object("Secret", secret("one"));
  world.create("web", kWithSecret);
  world.settle();
  world.remove("db", "Secret");
  const std::uint64_t writes = engine.writes();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.writes(), writes);
  EXPECT_EQ(world.condition("Ready"), "False ReferencesMissing");
  world.expect_steady();
}

TEST_F(InputsTest, EnvFromIsOverruledByEnv) {
  world.create_object(
      "ConfigMap",
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"conf"},"data":{"A":"map","B":"map"},"binaryData":{"C":"Yg=="}})");
  world.create_object("Secret", R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"sec"},"data":{"B":"c2Vj"}})");
  world.create(
      "web",
      R"({"envFrom":[{"configMapRef":{"name":"conf"}},{"secretRef":{"name":"sec"}},{"prefix":"X_","secretRef":{"name":"sec"}},
                                     {"secretRef":{"name":"absent","optional":true}}],
                          "env":[{"name":"A","value":"own"},{"name":"Z","valueFrom":{"configMapKeyRef":{"name":"conf","key":"none","optional":true}}},
                                 {"name":"Y","valueFrom":{"configMapKeyRef":{"name":"conf","key":"B"}}}]})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::to_canonical(engine.create_body("web").at("Env")), R"(["A=own","B=sec","C=b","X_B=sec","Y=map"])");
}

TEST_F(InputsTest, MissingImageIsPulledOnceForAll) {
  engine.add_to_registry("app:1");
  engine.hang("image_pull");
  world.create("one", R"({"image":"app:1"})");
  world.create("two", R"({"image":"app:1"})");
  EXPECT_FALSE(world.pass("one").delay());
  EXPECT_FALSE(world.pass("two").delay());
  EXPECT_EQ(world.condition("Ready", "one"), "False Pulling");
  EXPECT_EQ(world.status("two").phase, "Pulling");
  engine.release("image_pull");
  EXPECT_FALSE(world.settle("one"));
  EXPECT_FALSE(world.settle("two"));
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  EXPECT_EQ(engine.running(), (Names{"one", "two"}));
  EXPECT_EQ(world.event_reasons("one"), (Names{"Created", "Pulled", "Pulling", "Started"}));
  world.expect_steady("one");
  world.expect_steady("two");
}

TEST_F(InputsTest, FailedPullIsAConditionInTheEnginesWords) {
  world.create("web", R"({"image":"nowhere:1"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("ImageResolved"), "False ImagePullDenied");
  EXPECT_EQ(world.condition("Ready"), "False ImagePullDenied");
  EXPECT_EQ(
      world.message("Ready"),
      "pull access denied for nowhere, repository does not exist or may require 'docker login': denied: requested "
      "access to the resource is denied (without credentials: no Registry here or in berth-system is for "
      "docker.io)");
  engine.add_to_registry("nowhere:1");
  world.clock.advance(std::chrono::seconds(30));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_F(InputsTest, PolicyNeverPullsNothing) {
  engine.add_to_registry("app:1");
  world.create("web", R"({"image":"app:1","imagePullPolicy":"Never"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("ImageResolved"), "False ErrImageNeverPull");
  EXPECT_EQ(world.condition("Stalled"), "True ErrImageNeverPull") << "somebody has to bring it";
  EXPECT_EQ(engine.calls("image_pull"), 0u);
  world.expect_steady();
  engine.add_image("app:1");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_F(InputsTest, PolicyAlwaysPullsBeforeEachCreate) {
  engine.add_to_registry("busybox:latest", "newer");
  world.create("web", R"({"imagePullPolicy":"Always"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  EXPECT_EQ(base::string_at(engine.inspect("web"), "Image"), engine.image_id("busybox:latest"));
  world.expect_steady();
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("image_pull"), 2u);
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
