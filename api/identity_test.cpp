// SPDX-License-Identifier: Apache-2.0
// Identity over the wire: tokens of ServiceAccounts, acting as somebody else, and asking who may do what.
#include <fstream>

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

class Identity : public ServerTest {
 protected:
  explicit Identity(std::chrono::milliseconds recheck = std::chrono::seconds(30)) {
    options_.recheck = recheck;
    const auto path = folder_ / "tokens.csv";
    std::ofstream(path) << "alice-token,alice,a-uid,\"dev\"\nroot-token,root,2,\"system:masters\"\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    options_.token_file = path;
    start();
  }

  static HeaderList bearer(const std::string& token, HeaderList more = {}) {
    more.emplace_back("Authorization", "Bearer " + token);
    return more;
  }
  base::HttpResponse post(const std::string& target, const std::string& body, const HeaderList& headers) {
    return anonymous().send("POST", target, body, headers);
  }
  base::HttpResponse as_root(const std::string& target, const std::string& body) {
    return post(target, body, bearer("root-token"));
  }
  static base::Json body_of(const base::HttpResponse& response) {
    EXPECT_LT(response.status, 300) << response.body;
    return base::parse_json(response.body);
  }
  // A ServiceAccount's token.
  std::string token_of(const std::string& account) {
    as_root("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":")" + account + "\"}}");
    const base::Json answer =
        body_of(as_root("/api/v1/namespaces/default/serviceaccounts/" + account + "/token",
                        R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})"));
    return std::string(base::string_at(answer, "status.token"));
  }
  void bind(const std::string& role, const std::string& kind, const std::string& name) {
    const std::string ns = kind == "ServiceAccount" ? R"(,"namespace":"default")" : "";
    body_of(as_root("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
                    R"({"metadata":{"generateName":"b-"},"roleRef":{"kind":"ClusterRole","name":")" + role +
                        R"("},"subjects":[{"kind":")" + kind + R"(","name":")" + name + "\"" + ns + "}]}"));
  }
  base::Json review(const std::string& kind, const std::string& plural, const std::string& spec,
                    const HeaderList& headers) {
    const std::string group = kind == "TokenReview" || kind == "SelfSubjectReview" ? "authentication" : "authorization";
    return body_of(post("/apis/" + group + ".k8s.io/v1/" + plural,
                        R"({"apiVersion":")" + group + R"(.k8s.io/v1","kind":")" + kind + R"(","spec":)" + spec + "}",
                        headers));
  }
};

constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";

class OpenWatch : public Identity {
 protected:
  OpenWatch() : Identity(std::chrono::milliseconds(5)) {}
  // Waits for the end of the watch, and gives what its last frame says.
  static base::Json refusal_of(Client& watcher) {
    const base::Json event = watcher.next_event();
    EXPECT_EQ(base::string_at(event, "type"), "ERROR") << base::to_canonical(event);
    EXPECT_FALSE(watcher.next_line()) << "the end";
    return event.at("object");
  }
};

TEST_F(OpenWatch, EndsWithTheRightToIt) {
  bind("view", "User", "alice");
  Client watcher = anonymous();
  EXPECT_EQ(watcher.begin(std::string(kConfigMaps) + "?watch=true", bearer("alice-token")).status, 200);
  as_root(kConfigMaps, R"({"metadata":{"name":"a"}})");
  EXPECT_EQ(base::string_at(watcher.next_event(), "type"), "ADDED");
  EXPECT_EQ(anonymous()
                .send("DELETE", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", "",
                      bearer("root-token"))
                .status,
            200);
  const base::Json refused = refusal_of(watcher);
  EXPECT_EQ(base::string_at(refused, "reason"), "Forbidden");
  EXPECT_EQ(base::string_at(refused, "message"),
            "configmaps is forbidden: User \"alice\" cannot watch resource \"configmaps\" in API group \"\" in the "
            "namespace \"default\"");
}

TEST_F(OpenWatch, EndsWithTheCredential) {
  const std::string token = token_of("robot");
  bind("view", "ServiceAccount", "robot");
  Client watcher = anonymous();
  EXPECT_EQ(watcher.begin(std::string(kConfigMaps) + "?watch=true", bearer(token)).status, 200);
  EXPECT_EQ(
      anonymous().send("DELETE", "/api/v1/namespaces/default/serviceaccounts/robot", "", bearer("root-token")).status,
      200);
  EXPECT_EQ(base::string_at(refusal_of(watcher), "reason"), "Unauthorized");
}

TEST_F(Identity, AWatchSocketTakesItsTokenAmongTheSubprotocols) {
  const auto ask = [](const std::string& token) {
    return std::string("GET ") + kConfigMaps + "?watch=true HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" +
           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io." + base::to_bare_base64url(token) +
           ", base64.binary.k8s.io\r\n\r\n";
  };
  Client browser = anonymous();
  browser.write(ask("root-token"));
  const std::string head = browser.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: base64.binary.k8s.io\r\n"), std::string::npos) << head;
  Client stranger = anonymous();
  stranger.write(ask("no-token"));
  EXPECT_TRUE(stranger.read_until("\r\n\r\n").starts_with("HTTP/1.1 401 "));
}

TEST_F(Identity, AServiceAccountsTokenIsAnIdentity) {
  const std::string token = token_of("robot");
  const auto refused = anonymous().get(kConfigMaps, bearer(token));
  EXPECT_STATUS(refused, 403, "Forbidden");
  EXPECT_NE(refused.body.find("system:serviceaccount:default:robot"), std::string::npos);
  bind("view", "ServiceAccount", "robot");
  EXPECT_EQ(anonymous().get(kConfigMaps, bearer(token)).status, 200);
  EXPECT_STATUS(post(kConfigMaps, R"({"metadata":{"name":"c"}})", bearer(token)), 403, "Forbidden");
  EXPECT_STATUS(anonymous().get(kConfigMaps, bearer(token + "x")), 401, "Unauthorized");
  anonymous().send("DELETE", "/api/v1/namespaces/default/serviceaccounts/robot", "", bearer("root-token"));
  EXPECT_STATUS(anonymous().get(kConfigMaps, bearer(token)), 401, "Unauthorized");
}

TEST_F(Identity, ATokenIsGivenOnlyForAnAccountAndByPost) {
  EXPECT_STATUS(as_root("/api/v1/namespaces/default/serviceaccounts/nobody/token", R"({"spec":{"audiences":[]}})"), 404,
                "NotFound");
  token_of("robot");
  const std::string target = "/api/v1/namespaces/default/serviceaccounts/robot/token";
  EXPECT_STATUS(anonymous().get(target, bearer("root-token")), 405, "MethodNotAllowed");
  EXPECT_STATUS(as_root("/api/v1/namespaces/default/secrets/x/token", "{}"), 404, "NotFound");
  EXPECT_STATUS(as_root(target, R"({"spec":{"audiences":[],"expirationSeconds":1}})"), 422, "Invalid");
  EXPECT_STATUS(as_root(target, R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{}})"), 400,
                "BadRequest");
  EXPECT_STATUS(as_root(target, "nonsense"), 400, "BadRequest");
  EXPECT_STATUS(post(target, R"({"spec":{"audiences":[]}})", bearer("alice-token")), 403, "Forbidden");
}

TEST_F(Identity, ActingAsSomebodyElseNeedsTheRight) {
  const HeaderList as_bob = {{"Impersonate-User", "bob"}, {"Impersonate-Group", "dev"}};
  const auto refused = anonymous().get("/apis", bearer("alice-token", as_bob));
  EXPECT_STATUS(refused, 403, "Forbidden");
  EXPECT_EQ(base::string_at(base::parse_json(refused.body), "message"),
            "users \"bob\" is forbidden: User \"alice\" cannot impersonate resource \"users\" in API group \"\" at the "
            "cluster scope");
  EXPECT_EQ(anonymous().get("/apis", bearer("root-token", as_bob)).status, 200);
  const auto as_him = anonymous().get(kConfigMaps, bearer("root-token", as_bob));
  EXPECT_STATUS(as_him, 403, "Forbidden");
  EXPECT_NE(as_him.body.find("User \\\"bob\\\""), std::string::npos) << "the rights are his, not root's";
  EXPECT_STATUS(anonymous().get("/apis", bearer("root-token", {{"Impersonate-Group", "dev"}})), 400, "BadRequest");
}

TEST_F(Identity, EachPartOfAnIdentityNeedsItsOwnRight) {
  body_of(as_root("/apis/rbac.authorization.k8s.io/v1/clusterroles",
                  R"({"metadata":{"name":"i"},"rules":[
                     {"verbs":["impersonate"],"apiGroups":[""],"resources":["users"],"resourceNames":["bob"]},
                     {"verbs":["impersonate"],"apiGroups":["authentication.k8s.io"],"resources":["userextras/team"]}]})"));
  body_of(as_root(
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      R"({"metadata":{"name":"i"},"roleRef":{"kind":"ClusterRole","name":"i"},"subjects":[{"kind":"User","name":"alice"}]})"));
  const auto status = [&](HeaderList headers) {
    return anonymous().get("/apis", bearer("alice-token", std::move(headers))).status;
  };
  EXPECT_EQ(status({{"Impersonate-User", "bob"}}), 200);
  EXPECT_EQ(status({{"Impersonate-User", "eve"}}), 403);
  EXPECT_EQ(status({{"Impersonate-User", "bob"}, {"Impersonate-Group", "system:masters"}}), 403);
  EXPECT_EQ(status({{"Impersonate-User", "bob"}, {"Impersonate-Uid", "1"}}), 403);
  EXPECT_EQ(status({{"Impersonate-User", "bob"}, {"Impersonate-Extra-Team", "x"}}), 200);
  EXPECT_EQ(status({{"Impersonate-User", "bob"}, {"Impersonate-Extra-Other", "x"}}), 403);
  EXPECT_EQ(status({{"Impersonate-User", "system:serviceaccount:default:robot"}}), 403);
}

TEST_F(Identity, BothIdentitiesAreOnRecord) {
  const HeaderList as_bob = {{"Impersonate-User", "bob"}, {"Impersonate-Group", "system:masters"}};
  body_of(post(kConfigMaps, R"({"metadata":{"name":"c"}})", bearer("root-token", as_bob)));
  const std::string record = store_->read_journal("audit", 1, 100000).back().bytes;
  EXPECT_NE(record.find(R"("actor":"bob")"), std::string::npos) << record;
  EXPECT_NE(record.find(R"("impersonator":"root")"), std::string::npos) << record;
}

TEST_F(Identity, ADenialByTheFinalObjectIsOnRecord) {
  bind("admin", "User", "alice");
  EXPECT_STATUS(post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
                     R"({"metadata":{"name":"r"},"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]})",
                     bearer("alice-token")),
                403, "Forbidden");
  const std::string record = store_->read_journal("audit", 1, 100000).back().bytes;
  EXPECT_NE(record.find(R"("decision":"deny")"), std::string::npos) << record;
  EXPECT_NE(record.find("attempting to grant"), std::string::npos) << record;
}

TEST_F(Identity, AConnectionRemembersNobody) {
  Client client = anonymous();
  // With a body, on a route that asks nobody's name.
  EXPECT_EQ(client.send("GET", "/livez", "x", bearer("root-token")).status, 200);
  EXPECT_STATUS(client.get(kConfigMaps), 401, "Unauthorized");
  EXPECT_STATUS(client.get(kConfigMaps, bearer("alice-token")), 403, "Forbidden");
}

TEST_F(Identity, SelfSubjectReviewSaysWhoAsks) {
  const base::Json mine = review("SelfSubjectReview", "selfsubjectreviews", "null", bearer("alice-token"));
  EXPECT_EQ(base::to_canonical(mine.at("status")),
            R"({"userInfo":{"groups":["dev","system:authenticated"],"uid":"a-uid","username":"alice"}})");
  const base::Json his = review("SelfSubjectReview", "selfsubjectreviews", "null",
                                bearer("root-token", {{"Impersonate-User", "system:serviceaccount:default:robot"},
                                                      {"Impersonate-Extra-Team", "x"}}));
  EXPECT_EQ(base::to_canonical(his.at("status").at("userInfo")),
            R"({"extra":{"team":["x"]},"groups":["system:serviceaccounts","system:serviceaccounts:default",)"
            R"("system:authenticated"],"username":"system:serviceaccount:default:robot"})");
}

TEST_F(Identity, WhoIsNoServiceAccountIsAUser) {
  body_of(as_root("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
                  R"({"metadata":{"name":"i"},"rules":[
                     {"verbs":["impersonate"],"apiGroups":[""],"resources":["serviceaccounts"]}]})"));
  body_of(as_root("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
                  R"({"metadata":{"name":"i"},"roleRef":{"kind":"Role","name":"i"},
                      "subjects":[{"kind":"User","name":"alice"}]})"));
  const std::string account = "system:serviceaccount:";
  const auto as = [&](const std::string& user) {
    return anonymous().get("/apis", bearer("alice-token", {{"Impersonate-User", user}}));
  };
  EXPECT_EQ(as(account + "default:robot").status, 200);
  EXPECT_EQ(as(account + "default:a.robot").status, 200);
  for (const std::string& rest : {std::string("default:a:b"), std::string("default:a/../b"),
                                  std::string("default:ROBOT"), std::string("de.fault:robot"), std::string("default:"),
                                  std::string(":robot"), "default:" + std::string(254, 'a')}) {
    const auto refused = as(account + rest);
    EXPECT_STATUS(refused, 403, "Forbidden");
    EXPECT_NE(refused.body.find("cannot impersonate resource \\\"users\\\""), std::string::npos) << refused.body;
  }
}

TEST_F(Identity, ImpersonationTakesShortTexts) {
  const std::string most(1024, 'a');
  const auto as = [&](HeaderList headers) {
    return anonymous().get("/apis", bearer("root-token", std::move(headers)));
  };
  EXPECT_EQ(as({{"Impersonate-User", most},
                {"Impersonate-Group", most},
                {"Impersonate-Uid", most},
                {"Impersonate-Extra-k", "caf\u00e9"}})
                .status,
            200);
  for (const std::string& bad : {most + "a", std::string("x\xff\xfe")}) {
    EXPECT_STATUS(as({{"Impersonate-User", bad}}), 400, "BadRequest");
    for (const char* header : {"Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-k"}) {
      EXPECT_STATUS(as({{"Impersonate-User", "bob"}, {header, bad}}), 400, "BadRequest");
    }
  }
  EXPECT_STATUS(as({{"Impersonate-User", "bob"}, {"Impersonate-Extra-%ff", "v"}}), 400, "BadRequest");
  EXPECT_STATUS(as({{"Impersonate-User", "bob"}, {"Impersonate-Extra-" + most + "a", "v"}}), 400, "BadRequest");
}

TEST_F(Identity, AccessReviewsAnswerAsAuthorizationWould) {
  bind("view", "User", "alice");
  const auto asks = [&](const std::string& verb) {
    const base::Json answer =
        review("SelfSubjectAccessReview", "selfsubjectaccessreviews",
               R"({"resourceAttributes":{"namespace":"default","resource":"configmaps","verb":")" + verb + "\"}}",
               bearer("alice-token"));
    return base::to_canonical(answer.at("status"));
  };
  EXPECT_EQ(asks("create"), R"({"allowed":false})");
  EXPECT_NE(asks("get").find(R"({"allowed":true,"reason":"RBAC: allowed by RoleBinding)"), std::string::npos);
  const std::string of_alice =
      R"({"user":"alice","resourceAttributes":{"namespace":"default","resource":"configmaps","verb":"get"}})";
  EXPECT_TRUE(base::bool_at(review("SubjectAccessReview", "subjectaccessreviews", of_alice, bearer("root-token")),
                            "status.allowed"));
  EXPECT_STATUS(
      post("/apis/authorization.k8s.io/v1/subjectaccessreviews", R"({"spec":)" + of_alice + "}", bearer("alice-token")),
      403, "Forbidden");
  const std::string local = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
  EXPECT_TRUE(base::bool_at(body_of(as_root(local, R"({"spec":)" + of_alice + "}")), "status.allowed"));
  EXPECT_STATUS(
      as_root(local, R"({"spec":{"user":"a","resourceAttributes":{"namespace":"other","resource":"x","verb":"get"}}})"),
      422, "Invalid");
  EXPECT_STATUS(as_root(local, R"({"spec":{"user":"a","nonResourceAttributes":{"path":"/x","verb":"get"}}})"), 422,
                "Invalid");
  EXPECT_TRUE(
      base::bool_at(review("SelfSubjectAccessReview", "selfsubjectaccessreviews",
                           R"({"nonResourceAttributes":{"path":"/version","verb":"get"}})", bearer("alice-token")),
                    "status.allowed"));
}

TEST_F(Identity, ReviewsSayWhatTheyLack) {
  const auto code = [&](const char* plural, const char* body) {
    return as_root(std::string("/apis/authorization.k8s.io/v1/") + plural, body).status;
  };
  EXPECT_EQ(code("selfsubjectaccessreviews", R"({"spec":{}})"), 422);
  EXPECT_EQ(code("selfsubjectaccessreviews", "{}"), 422);
  EXPECT_EQ(code("selfsubjectaccessreviews", R"({"spec":{"resourceAttributes":{},"nonResourceAttributes":{}}})"), 422);
  EXPECT_EQ(code("selfsubjectaccessreviews", R"({"spec":{"resourceAttributes":{"verb":5}}})"), 400);
  EXPECT_EQ(code("subjectaccessreviews", R"({"spec":{"resourceAttributes":{"verb":"get"}}})"), 422);
  EXPECT_EQ(code("selfsubjectrulesreviews", R"({"spec":{}})"), 400);
  EXPECT_EQ(code("selfsubjectaccessreviews", R"({"kind":"Pod","spec":{"nonResourceAttributes":{}}})"), 400);
  EXPECT_STATUS(anonymous().get("/apis/authorization.k8s.io/v1/subjectaccessreviews", bearer("root-token")), 405,
                "MethodNotAllowed");
  EXPECT_STATUS(as_root("/apis/authentication.k8s.io/v1/tokenreviews", R"({"spec":{}})"), 400, "BadRequest");
}

TEST_F(Identity, RulesReviewListsRights) {
  bind("view", "User", "alice");
  const base::Json answer =
      review("SelfSubjectRulesReview", "selfsubjectrulesreviews", R"({"namespace":"default"})", bearer("alice-token"));
  const std::string status = base::to_canonical(answer.at("status"));
  EXPECT_NE(status.find(R"("configmaps")"), std::string::npos);
  EXPECT_NE(status.find(R"("selfsubjectreviews")"), std::string::npos);
  EXPECT_NE(status.find(R"({"nonResourceURLs":["/api")"), std::string::npos);
  EXPECT_FALSE(base::bool_at(answer, "status.incomplete", true));
  const base::Json elsewhere =
      review("SelfSubjectRulesReview", "selfsubjectrulesreviews", R"({"namespace":"other"})", bearer("alice-token"));
  EXPECT_EQ(base::to_canonical(elsewhere.at("status")).find(R"("configmaps")"), std::string::npos);
}

TEST_F(Identity, TokenReviewNamesTheBearer) {
  const std::string token = token_of("robot");
  const auto ask = [&](const std::string& spec) {
    return review("TokenReview", "tokenreviews", spec, bearer("root-token")).at("status");
  };
  const base::Json good = ask(R"({"token":")" + token + "\"}");
  EXPECT_TRUE(base::bool_at(good, "authenticated"));
  EXPECT_EQ(base::string_at(good, "user.username"), "system:serviceaccount:default:robot");
  EXPECT_EQ(good.at("audiences").as_array().size(), 1u);
  EXPECT_TRUE(base::bool_at(ask(R"({"token":"alice-token"})"), "authenticated"));
  for (const std::string& spec :
       {std::string(R"({"token":"nonsense"})"), R"({"token":")" + token + R"(","audiences":["vault"]})"}) {
    const base::Json bad = ask(spec);
    EXPECT_FALSE(base::bool_at(bad, "authenticated"));
    EXPECT_NE(base::string_at(bad, "error"), "");
  }
}

TEST_F(Identity, DefinitionsOfOurKindsAreThereToRead) {
  const auto crd = anonymous().get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/containers.berth.dev",
                                   bearer("alice-token"));
  const base::Json object = body_of(crd);
  EXPECT_EQ(base::string_at(object.at("status").at("conditions").at(1), "type"), "Established");
  EXPECT_EQ(crd.body.find("x-berth-"), std::string::npos);
  EXPECT_STATUS(
      anonymous().send("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/containers.berth.dev", "",
                       bearer("root-token")),
      405, "MethodNotAllowed");
}

}  // namespace
}  // namespace berth::api::testing
