// SPDX-License-Identifier: Apache-2.0
// What goes on record of a request that was denied.
#include <fstream>

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

class Denied : public ServerTest {
 protected:
  Denied() {
    const auto path = folder_ / "tokens.csv";
    std::ofstream(path) << "alice-token,alice,1,\"dev\"\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    options_.token_file = path;
  }
  // alice asks; the record that is left.
  base::Json denied(const std::string& method, const std::string& target, HeaderList headers = {}) {
    headers.emplace_back("Authorization", "Bearer alice-token");
    const std::uint64_t before = store_->journal_end("audit");
    EXPECT_STATUS(anonymous().send(method, target, "", headers), 403, "Forbidden");
    const auto records = store_->read_journal("audit", before + 1, 10);
    EXPECT_EQ(records.size(), 1u) << target;
    return records.empty() ? base::Json(base::JsonObject()) : base::parse_json(records.back().bytes);
  }
};

// "verb group resource subresource namespace name"
std::string right_of(const base::Json& record) {
  std::string text;
  for (const char* member :
       {"verb", "resource.group", "resource.resource", "subresource", "resource.namespace", "resource.name"}) {
    const std::string_view value = base::string_at(record, member);
    text.append(text.empty() ? "" : " ").append(value.empty() ? "-" : value);
  }
  return text;
}

TEST_F(Denied, TheRightThatWasMissing) {
  start();
  EXPECT_EQ(right_of(denied("GET", "/api/v1/namespaces/default/secrets/key")), "get - secrets - default key");
  EXPECT_EQ(right_of(denied("GET", std::string(kContainers) + "/web/status")),
            "get berth.dev containers status default web");
  EXPECT_EQ(right_of(denied("GET", "/made/up")), "get - /made/up - - -");
}

TEST_F(Denied, ImpersonationIsWhatItWas) {
  start();
  const std::string target = "/api/v1/namespaces/default/secrets";
  const auto record = denied("GET", target, {{"Impersonate-User", "root"}});
  EXPECT_EQ(right_of(record), "impersonate - users - - root");
  EXPECT_EQ(base::string_at(record, "actor"), "alice");
  EXPECT_EQ(right_of(denied("POST", target, {{"Impersonate-User", "eve"}})), "impersonate - users - - eve")
      << "another name is another record";
  EXPECT_EQ(right_of(denied("GET", target, {{"Impersonate-User", "system:serviceaccount:default:robot"}})),
            "impersonate - serviceaccounts - default robot");
}

TEST_F(Denied, SoIsEachPartOfAnIdentity) {
  start();
  const auto make = [this](const char* target, const char* body) {
    EXPECT_EQ(admin().send("POST", target, body).status, 201);
  };
  make("/apis/rbac.authorization.k8s.io/v1/clusterroles",
       R"({"metadata":{"name":"i"},"rules":[{"verbs":["impersonate"],"apiGroups":[""],"resources":["users"]}]})");
  make("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
       R"({"metadata":{"name":"i"},"roleRef":{"kind":"ClusterRole","name":"i"},
           "subjects":[{"kind":"User","name":"alice"}]})");
  EXPECT_EQ(right_of(denied("GET", "/api", {{"Impersonate-User", "bob"}, {"Impersonate-Group", "system:masters"}})),
            "impersonate - groups - - system:masters");
  EXPECT_EQ(right_of(denied("GET", "/api", {{"Impersonate-User", "bob"}, {"Impersonate-Uid", "7"}})),
            "impersonate authentication.k8s.io uids - - 7");
  EXPECT_EQ(right_of(denied("GET", "/api", {{"Impersonate-User", "bob"}, {"Impersonate-Extra-Team", "x"}})),
            "impersonate authentication.k8s.io userextras team - x");
  const auto as_bob = denied("GET", "/api/v1/namespaces/default/secrets", {{"Impersonate-User", "bob"}});
  EXPECT_EQ(right_of(as_bob), "list - secrets - default -") << "he may act as bob, and bob may not";
  EXPECT_EQ(base::string_at(as_bob, "impersonator"), "alice");
}

}  // namespace
}  // namespace berth::api::testing
