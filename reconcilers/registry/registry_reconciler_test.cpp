// SPDX-License-Identifier: Apache-2.0
// Registry: golden cases of its status, and passes against a registry's front door.
#include "reconcilers/registry/registry_reconciler.hpp"

#include "docker/registry_testing.hpp"
#include "reconcilers/golden_case.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using docker::testing::FakeRegistry;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::GoldenCase;
using testing::World;

docker::RegistryAnswer answer_of(const Json& given) {
  using Answer = docker::RegistryAnswer;
  static const std::map<std::string, Answer::Reach, std::less<>> kReach{
      {"Reached", Answer::Reach::Reached},       {"Unreachable", Answer::Reach::Unreachable},
      {"TimedOut", Answer::Reach::TimedOut},     {"Untrusted", Answer::Reach::Untrusted},
      {"NotAllowed", Answer::Reach::NotAllowed}, {"NotARegistry", Answer::Reach::NotARegistry}};
  static const std::map<std::string, Answer::Login, std::less<>> kLogin{
      {"NotTried", Answer::Login::NotTried},       {"NotAsked", Answer::Login::NotAsked},
      {"Anonymous", Answer::Login::Anonymous},     {"Accepted", Answer::Login::Accepted},
      {"Required", Answer::Login::Required},       {"Denied", Answer::Login::Denied},
      {"RateLimited", Answer::Login::RateLimited}, {"Failed", Answer::Login::Failed}};
  Answer answer;
  answer.reach = kReach.find(base::string_at(given, "reach"))->second;
  answer.reach_message = base::string_at(given, "reachMessage");
  const std::string_view login = base::string_at(given, "login");
  if (!login.empty()) answer.login = kLogin.find(login)->second;
  answer.login_message = base::string_at(given, "loginMessage");
  return answer;
}

TEST(RegistryGolden, Status) {
  testing::run_golden("registry", [](const GoldenCase& given) {
    const Json object = given.yaml("registry");
    const Json said = given.yaml("answer");
    RegistryFinding finding{answer_of(said), std::nullopt};
    if (const auto missing = base::string_at(said, "noLogin"); !missing.empty()) finding.no_login = missing;
    const schemas::Registry registry = schemas::decode_registry(object);
    const auto status = registry_status(registry, finding, *base::parse_time("2026-01-02T03:04:05Z"));
    std::string text;
    for (const schemas::Condition& each : status.conditions) {
      text += each.type + "=" + each.status + " " + each.reason + " since " + each.last_transition_time +
              (each.message.empty() ? "" : ": " + each.message) + "\n";
    }
    const auto ms = [&](unsigned failures) { return std::to_string(next_probe(finding, failures).count() / 1000); };
    return text + "again after " + ms(0) + " s, " + ms(1) + " s, " + ms(20) + " s\n";
  });
}

class RegistryTest : public ::testing::Test {
 protected:
  ~RegistryTest() override {
    if (front) world.loop.run_and_wait([this] { return front->stop(); });
  }
  void serve(FakeRegistry::Asks asks) {
    world.loop.run_and_wait([&] { return serve_task(asks); });
  }
  Task<void> serve_task(FakeRegistry::Asks asks) { front.emplace(co_await base::this_loop(), asks); }
  void declare(const std::string& password) {
    world.create_object(
        "Secret",
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"r"},"stringData":{"password":")" + password + "\"}}");
    world.create_object("Registry",
                        R"({"apiVersion":"berth.dev/v1","kind":"Registry","metadata":{"name":"r"},"spec":{"server":")" +
                            front->server() + R"(","username":"alice","passwordSecretRef":{"name":"r"}}})");
  }
  controller::Requeue pass() {
    controller::Requeue again = controller::Requeue::never();
    world.loop.run_and_wait([&] { return pass_task(again); });
    return again;
  }
  Task<void> pass_task(controller::Requeue& again) { again = co_await reconciler.reconcile({"default", "r"}); }
  std::string condition(const std::string& type) {
    const schemas::Registry registry = schemas::decode_registry(world.get("r", "Registry"));
    const schemas::Condition* found = find_condition(registry.status.conditions, type);
    return found ? found->status + " " + found->reason : "absent";
  }

  World world;
  std::optional<FakeRegistry> front;
  std::vector<controller::Key> woken;
  RegistryReconciler reconciler{*world.resources, world.clock, [this](controller::Key key) { woken.push_back(key); }};
};

TEST_F(RegistryTest, APasswordThatIsCorrectedIsTriedAtOnce) {
  serve(FakeRegistry::Asks::Basic);
  declare("guessed");
  EXPECT_EQ(pass().delay(), minutes(10));
  EXPECT_EQ(condition("Ready"), "False Denied");
  EXPECT_EQ(condition("Reachable"), "True Reached");
  EXPECT_EQ(condition("Authenticated"), "False Denied");
  const std::size_t asked = front->requests.size();
  pass();
  EXPECT_EQ(front->requests.size(), asked) << "its own status is no reason to ask again";
  world.patch("r", R"({"stringData":{"password":"wonderland"}})", "Secret");
  pass();
  EXPECT_EQ(condition("Ready"), "True Accepted");
  EXPECT_EQ(base::to_canonical(world.get("r", "Registry")).find("guessed"), std::string::npos);
  const store::Revision revision = world.resources->revision();
  world.clock.advance(minutes(10));
  const std::size_t before = front->requests.size();
  pass();
  EXPECT_GT(front->requests.size(), before) << "now and then";
  EXPECT_EQ(world.resources->revision(), revision) << "and nothing is written";
}

TEST_F(RegistryTest, OneThatIsAwayIsAskedLaterAndLater) {
  serve(FakeRegistry::Asks::Basic);
  declare("wonderland");
  front->status = 503;
  EXPECT_EQ(pass().delay(), seconds(5));
  EXPECT_EQ(condition("Ready"), "False Unreachable");
  world.clock.advance(seconds(5));
  EXPECT_EQ(pass().delay(), seconds(10));
  front->status = 0;
  world.clock.advance(seconds(10));
  EXPECT_EQ(pass().delay(), minutes(10));
  EXPECT_EQ(condition("Ready"), "True Accepted");
}

TEST_F(RegistryTest, AMissingSecretIsAConditionAndItsRegistryIsProbedAllTheSame) {
  serve(FakeRegistry::Asks::Basic);
  declare("wonderland");
  world.remove("r", "Secret");
  pass();
  EXPECT_EQ(condition("Reachable"), "True Reached");
  EXPECT_EQ(condition("Authenticated"), "False CredentialsNotFound");
  for (const std::string& shown : front->credentials) EXPECT_EQ(shown, "");
}

TEST_F(RegistryTest, LoopbackIsForPrivilegedNamespacesOnly) {
  const auto level = [&](const std::string& name) {
    world.patch("default", R"({"metadata":{"labels":{"berth.dev/enforce":")" + name + R"("}}})", "Namespace");
  };
  serve(FakeRegistry::Asks::Basic);
  declare("wonderland");
  level("baseline");
  pass();
  EXPECT_EQ(condition("Ready"), "False AddressNotAllowed");
  EXPECT_EQ(condition("Authenticated"), "Unknown NotReached");
  EXPECT_TRUE(front->requests.empty());
  level("privileged");
  pass();
  EXPECT_EQ(condition("Ready"), "True Accepted");
}

TEST_F(RegistryTest, WhoWaitsForAnImageIsWoken) {
  serve(FakeRegistry::Asks::Basic);
  declare("guessed");
  world.engine.fail("image_pull", 200, "unauthorized: incorrect username or password");
  world.create("web", R"({"image":")" + front->server() + R"(/app:1"})");
  world.create("other", R"({"image":"busybox"})");
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.settle("other"));
  pass();
  woken.clear();
  pass();
  EXPECT_TRUE(woken.empty());
  world.patch("r", R"({"stringData":{"password":"wonderland"}})", "Secret");
  pass();
  EXPECT_EQ(woken, (std::vector<controller::Key>{{"default", "web"}}));
}

}  // namespace
}  // namespace berth::reconcilers
