// SPDX-License-Identifier: Apache-2.0
#include "resources/account_tokens.hpp"

#include "base/crypto.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;
using testing::refusal;

class AccountTokensTest : public testing::ResourcesTest {
 protected:
  AccountTokensTest() { make_account(); }

  void make_account() {
    create(account, R"({"metadata":{"name":"robot"}})");
    uid = base::string_at(live(account, "robot"), "metadata.uid");
  }
  Json ask(const std::string& spec, const std::string& name = "robot") {
    return base::run(
        resources->account_tokens().answer(user, "default", name, base::parse_json("{\"spec\":" + spec + "}")));
  }
  std::string token(const std::string& spec = "{}") { return std::string(base::string_at(ask(spec), "status.token")); }
  std::optional<Caller> who(const std::string& text) { return resources->account_tokens().authenticate(text); }

  const Kind& account = testing::kind_named("ServiceAccount");
  std::string uid;
};

TEST_F(AccountTokensTest, GivesATokenThatNamesTheAccount) {
  const Json answer = ask("{}");
  EXPECT_EQ(base::int_at(answer, "spec.expirationSeconds"), 3600);
  EXPECT_EQ(base::string_at(answer, "metadata.name"), "robot");
  EXPECT_EQ(base::string_at(answer, "status.expirationTimestamp"),
            base::format_time(clock.now() + std::chrono::hours(1)));
  const auto caller = who(std::string(base::string_at(answer, "status.token")));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user, "system:serviceaccount:default:robot");
  EXPECT_EQ(caller->groups, (std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:default",
                                                      "system:authenticated"}));
  EXPECT_EQ(caller->uid, uid);
  EXPECT_EQ(caller->extra.count("authentication.kubernetes.io/credential-id"), 1u);
}

TEST_F(AccountTokensTest, GivingOneIsOnRecordWithoutTheToken) {
  const std::string text = token();
  const Json record = audit().back();
  EXPECT_EQ(base::string_at(record, "verb"), "create");
  EXPECT_EQ(base::string_at(record, "subresource"), "token");
  EXPECT_EQ(base::string_at(record, "resource.name"), "robot");
  EXPECT_EQ(base::to_canonical(record).find(text.substr(text.rfind('.'))), std::string::npos);
  store.append_error = base::unavailable("full", std::chrono::seconds(1));
  EXPECT_EQ(refusal([&] { token(); }).reason(), Reason::ServiceUnavailable) << "no record, no token";
}

TEST_F(AccountTokensTest, EndsWithItsTime) {
  const std::string text = token(R"({"expirationSeconds":600})");
  clock.advance(std::chrono::seconds(599));
  EXPECT_TRUE(who(text));
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(who(text));
}

TEST_F(AccountTokensTest, EndsWithItsAccount) {
  const std::string text = token();
  EXPECT_TRUE(who(text));
  merge(account, "robot", R"({"metadata":{"labels":{"a":"b"}}})");
  EXPECT_TRUE(who(text)) << "a change is no end";
  remove(account, "robot");
  EXPECT_FALSE(who(text));
  make_account();
  EXPECT_FALSE(who(text)) << "another of that name";
  EXPECT_TRUE(who(token()));
}

TEST_F(AccountTokensTest, EndsWithTheSecretThatItIsBoundTo) {
  create(secret, R"({"metadata":{"name":"s"}})");
  const std::string text = token(R"({"boundObjectRef":{"apiVersion":"v1","kind":"Secret","name":"s"}})");
  EXPECT_TRUE(who(text));
  remove(secret, "s");
  EXPECT_FALSE(who(text));
  create(secret, R"({"metadata":{"name":"s"}})");
  EXPECT_FALSE(who(text));
  EXPECT_EQ(refusal([&] {
              token(R"({"boundObjectRef":{"apiVersion":"v1","kind":"Secret","name":"s","uid":"x"}})");
            }).reason(),
            Reason::Conflict);
  EXPECT_EQ(refusal([&] { token(R"({"boundObjectRef":{"apiVersion":"v1","kind":"Secret","name":"none"}})"); }).reason(),
            Reason::NotFound);
  EXPECT_EQ(refusal([&] { token(R"({"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"s"}})"); }).reason(),
            Reason::BadRequest);
}

TEST_F(AccountTokensTest, EndsWhenTheEndOfItsAccountBegins) {
  const std::string text = token();
  EXPECT_TRUE(who(text));
  merge(account, "robot", R"({"metadata":{"finalizers":["x.io/y"]}})");
  EXPECT_TRUE(who(text));
  remove(account, "robot");
  ASSERT_TRUE(resources->find(account, "default", "robot")) << "held";
  EXPECT_FALSE(who(text));
  const base::Status refused = refusal([&] { token(); });
  EXPECT_EQ(refused.reason(), Reason::Conflict);
  EXPECT_NE(refused.message().find("being deleted"), std::string::npos) << refused.message();
}

TEST_F(AccountTokensTest, EndsWhenTheEndOfItsSecretBegins) {
  create(secret, R"({"metadata":{"name":"s","finalizers":["x.io/y"]}})");
  const std::string bound = R"({"boundObjectRef":{"apiVersion":"v1","kind":"Secret","name":"s"}})";
  const std::string text = token(bound);
  EXPECT_TRUE(who(text));
  remove(secret, "s");
  ASSERT_TRUE(resources->find(secret, "default", "s")) << "held";
  EXPECT_FALSE(who(text));
  EXPECT_EQ(refusal([&] { token(bound); }).reason(), Reason::Conflict);
  EXPECT_TRUE(who(token()));
}

TEST_F(AccountTokensTest, ASecretsOwnTokenIsGoodWhileItStandsThere) {
  create(secret, R"({"metadata":{"name":"s","annotations":{"kubernetes.io/service-account.name":"robot"}},
                     "type":"kubernetes.io/service-account-token"})");
  const std::string secret_uid(base::string_at(live(secret, "s"), "metadata.uid"));
  const std::string text = resources->account_tokens().token_of_secret("default", "robot", uid, {"s", secret_uid});
  EXPECT_FALSE(who(text)) << "not there yet";
  merge(secret, "s", R"({"data":{"token":")" + base::to_base64(text) + R"("}})");
  EXPECT_TRUE(who(text));
  clock.advance(std::chrono::hours(24 * 365));
  EXPECT_TRUE(who(text));
  merge(secret, "s", R"({"data":{"token":null}})");
  EXPECT_FALSE(who(text)) << "taken out";
}

TEST_F(AccountTokensTest, ASecretOfThatTypeNamesItsAccount) {
  EXPECT_EQ(refusal([&] {
              create(secret, R"({"metadata":{"name":"s"},"type":"kubernetes.io/service-account-token"})");
            }).reason(),
            Reason::Invalid);
}

TEST_F(AccountTokensTest, IsMeantForSomebody) {
  const std::string text = token(R"({"audiences":["vault","x"]})");
  EXPECT_FALSE(who(text)) << "not for this server";
  const auto bearer = resources->account_tokens().find(text, {"y", "vault"});
  ASSERT_TRUE(bearer);
  EXPECT_EQ(bearer->audiences, std::vector<std::string>{"vault"});
  EXPECT_FALSE(resources->account_tokens().find(text, {"y"}));
}

TEST_F(AccountTokensTest, RefusesOtherTexts) {
  const std::string text = token();
  const auto payload_at = text.find('.') + 1;
  std::string changed = text;
  changed[payload_at + 20] = changed[payload_at + 20] == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("a.b.c"), std::string(".."), changed, text + "A",
        text.substr(0, text.size() - 1), text.substr(0, text.rfind('.') + 1), std::string(10'000, 'a') + text}) {
    EXPECT_FALSE(who(bad)) << bad.substr(0, 80);
  }
  const std::string none = R"({"alg":"none"})";
  EXPECT_FALSE(who(base::to_base64url(none) + text.substr(text.find('.'), text.rfind('.') - text.find('.') + 1)));
  EXPECT_TRUE(who(text));
}

TEST_F(AccountTokensTest, HoldsTheBounds) {
  for (const char* spec :
       {R"({"expirationSeconds":599})", R"({"expirationSeconds":0})", R"({"expirationSeconds":4294967297})"}) {
    EXPECT_EQ(refusal([&] { token(spec); }).reason(), Reason::Invalid) << spec;
  }
  EXPECT_EQ(refusal([&] { ask("{}", "nobody"); }).reason(), Reason::NotFound);
}

TEST_F(AccountTokensTest, AnotherStartKnowsItsTokens) {
  const std::string text = token();
  const auto again = Resources::make({&store, &keys, &clock, &metrics});
  base::run(again->bootstrap(""));
  EXPECT_TRUE(again->account_tokens().authenticate(text));
  const auto other_store = store::make_memory_store();
  const auto other = Resources::make({other_store.get(), &keys, &clock, &metrics});
  base::run(other->bootstrap("test"));
  EXPECT_FALSE(other->account_tokens().authenticate(text)) << "another key";
  EXPECT_EQ(store.get_meta("account-key")->find("PRIVATE"), std::string::npos) << "sealed";
}

}  // namespace
}  // namespace berth::resources
