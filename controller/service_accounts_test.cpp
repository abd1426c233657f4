// SPDX-License-Identifier: Apache-2.0
#include "controller/service_accounts.hpp"

#include "base/crypto.hpp"
#include "controller/loops_fixture.hpp"
#include "resources/account_tokens.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;
using resources::Part;

// The loops by hand: one pass on one key.
class ServiceAccountsTest : public testing::LoopsTest {
 protected:
  void pass(Reconciler& loop, const std::string& ns, const std::string& name) { base::run(loop.reconcile({ns, name})); }
  std::optional<Json> look(const char* kind, const std::string& ns, const std::string& name) {
    const auto object = resources->find(kind_named(kind), ns, name);
    if (!object) return std::nullopt;
    return object->parse();
  }
  void create(const char* kind, const std::string& ns, const char* text) {
    base::run(resources->create(user, kind_named(kind), ns, base::parse_json_reporting(text), {}));
  }
  void remove(const char* kind, const std::string& ns, const std::string& name) {
    base::run(resources->remove(user, kind_named(kind), ns, name, {}));
  }
  std::string token_of(const std::string& name) {
    const auto secret = look("Secret", "default", name);
    return base::from_base64(base::string_at(secret.value(), "data.token"));
  }
  void make_secret(const char* account) {
    create("ServiceAccount", "default", R"({"metadata":{"name":"robot"}})");
    create("Secret", "default",
           (std::string(R"({"metadata":{"name":"s","annotations":{"kubernetes.io/service-account.name":")") + account +
            R"("}},"type":"kubernetes.io/service-account-token"})")
               .c_str());
  }

  DefaultAccounts defaults{*resources};
  AccountKeeper keeper{*resources};
  TokenSecrets secrets{*resources, "PEM"};
};

TEST_F(ServiceAccountsTest, EveryNamespaceHasADefaultAccount) {
  pass(defaults, "", "default");
  const auto account = look("ServiceAccount", "default", "default");
  ASSERT_TRUE(account);
  pass(defaults, "", "default");
  EXPECT_EQ(look("ServiceAccount", "default", "default"), account) << "made once";
  pass(defaults, "", "absent");
  remove("ServiceAccount", "default", "default");
  pass(keeper, "default", "default");
  EXPECT_TRUE(look("ServiceAccount", "default", "default")) << "and again when somebody removes it";
}

TEST_F(ServiceAccountsTest, AnEndingNamespaceGetsNone) {
  create("Namespace", "", R"({"metadata":{"name":"team"}})");
  remove("Namespace", "", "team");
  pass(defaults, "", "team");
  EXPECT_FALSE(look("ServiceAccount", "team", "default"));
}

TEST_F(ServiceAccountsTest, FillsASecretOfThatType) {
  make_secret("robot");
  pass(secrets, "default", "s");
  const auto secret = look("Secret", "default", "s");
  EXPECT_EQ(base::string_at(*secret, "data.namespace"), base::to_base64("default"));
  EXPECT_EQ(secret->at("data").at("ca.crt"), Json(base::to_base64("PEM")));
  const auto caller = resources->account_tokens().authenticate(token_of("s"));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user, "system:serviceaccount:default:robot");
  const std::string first = token_of("s");
  pass(secrets, "default", "s");
  EXPECT_EQ(token_of("s"), first) << "a token that stands stays";
}

TEST_F(ServiceAccountsTest, ATokenThatIsTakenOutIsMadeAnew) {
  make_secret("robot");
  pass(secrets, "default", "s");
  const std::string first = token_of("s");
  base::run(resources->patch(user, kind_named("Secret"), "default", "s", Part::Main, resources::PatchType::Merge,
                             base::parse_json_reporting(R"({"data":{"token":null}})"), {}));
  pass(secrets, "default", "s");
  EXPECT_NE(token_of("s"), first);
  EXPECT_FALSE(resources->account_tokens().authenticate(first));
  EXPECT_TRUE(resources->account_tokens().authenticate(token_of("s")));
}

TEST_F(ServiceAccountsTest, ASecretGoesWithItsAccount) {
  make_secret("robot");
  pass(secrets, "default", "s");
  const std::string token = token_of("s");
  remove("ServiceAccount", "default", "robot");
  EXPECT_FALSE(resources->account_tokens().authenticate(token)) << "before any loop has looked";
  pass(keeper, "default", "robot");
  EXPECT_FALSE(look("Secret", "default", "s"));
}

TEST_F(ServiceAccountsTest, ASecretOfNobodyIsRemoved) {
  make_secret("somebody-else");
  create("Secret", "default", R"({"metadata":{"name":"plain"}})");
  pass(secrets, "default", "s");
  pass(secrets, "default", "plain");
  pass(secrets, "default", "absent");
  EXPECT_FALSE(look("Secret", "default", "s"));
  EXPECT_TRUE(look("Secret", "default", "plain"));
}

TEST_F(ServiceAccountsTest, AnotherAccountOfThatNameIsNotTheOne) {
  make_secret("robot");
  pass(secrets, "default", "s");
  remove("ServiceAccount", "default", "robot");
  create("ServiceAccount", "default", R"({"metadata":{"name":"robot"}})");
  pass(secrets, "default", "s");
  EXPECT_FALSE(look("Secret", "default", "s"));
}

TEST_F(ServiceAccountsTest, RolesGatherOnEachChange) {
  create("ClusterRole", "",
         R"({"metadata":{"name":"more","labels":{"rbac.authorization.kubernetes.io/aggregate-to-view":"true"}},
                                "rules":[{"verbs":["get"],"apiGroups":["example.com"],"resources":["things"]}]})");
  RoleAggregation aggregation(*resources);
  pass(aggregation, "", "more");
  for (const char* name : {"view", "operator", "edit", "admin"}) {
    const auto role = look("ClusterRole", "", name);
    EXPECT_NE(base::to_canonical(*role).find("example.com"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace berth::controller
