// SPDX-License-Identifier: Apache-2.0
// The audit journal over HTTP, and what reads of Secrets leave in it.
#include <gmock/gmock.h>

#include <fstream>

#include "api/server_testing.hpp"
#include "base/crypto.hpp"

namespace berth::api::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRecords = "/apis/audit.berth.dev/v1/auditrecords";
constexpr const char* kVerifications = "/apis/audit.berth.dev/v1/auditverifications";
constexpr const char* kSecrets = "/api/v1/namespaces/default/secrets";

class Audit : public ServerTest {
 protected:
  Audit() {
    const auto path = folder_ / "tokens.csv";
    std::ofstream(path) << "alice-token,alice,1\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    options_.token_file = path;
    start();
  }
  base::Json items(const std::string& fields) {
    const auto response = admin().get(std::string(kRecords) + "?fieldSelector=" + fields);
    EXPECT_EQ(response.status, 200) << response.body;
    return base::parse_json(response.body).at("items");
  }
  std::string make_secret() {
    const auto made = admin().send(
        "POST", kSecrets,
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"},"stringData":{"password":"canary-5117"}})");
    EXPECT_EQ(made.status, 201) << made.body;
    return made.body;
  }
};

TEST_F(Audit, ReadsOfSecretsAreOnRecordWithoutTheirValues) {
  make_secret();
  Client client = admin();
  EXPECT_EQ(client.get(std::string(kSecrets) + "/key").status, 200);
  EXPECT_EQ(client.get(kSecrets).status, 200);
  EXPECT_EQ(client.get("/api/v1/secrets?limit=1").status, 200);
  EXPECT_EQ(admin().get(std::string(kSecrets) + "?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=key").status,
            200);
  EXPECT_EQ(client.get("/api/v1/namespaces/default/configmaps").status, 200);
  EXPECT_STATUS(client.get(std::string(kSecrets) + "/absent"), 404, "NotFound");
  const base::Json records = items("kind=read,resource=secrets");
  std::vector<std::string> verbs;
  for (const base::Json& item : records.as_array()) {
    verbs.push_back(std::string(base::string_at(item, "record.verb")) + " " +
                    std::string(base::string_at(item, "record.resource.namespace")) + "/" +
                    std::string(base::string_at(item, "record.resource.name")));
    EXPECT_EQ(base::string_at(item, "record.actor"), "berth-admin");
  }
  EXPECT_THAT(verbs, ::testing::ElementsAre("get default/key", "list default/", "list /", "watch default/",
                                            "get default/absent"));
  EXPECT_THAT(client.get(kRecords).body, Not(HasSubstr("canary")));
}

// Whatever way it came: a write that commits nothing has no record of its own.
TEST_F(Audit, WritesThatOnlyReadSecretsAreOnRecord) {
  make_secret();
  Client client = admin();
  const std::string key = std::string(kSecrets) + "/key";
  const HeaderList merge{{"Content-Type", "application/merge-patch+json"}};
  const HeaderList apply{{"Content-Type", "application/apply-patch+yaml"}};
  const std::string value = base::to_base64("canary-5117");
  const auto shows = [&](const base::HttpResponse& answer) {
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(value));
  };
  shows(client.send("PATCH", key, "{}", merge));
  const std::string whole =
      client.send("PATCH", key + "?dryRun=All", R"({"metadata":{"labels":{"a":"b"}}})", merge).body;
  shows(client.send("PUT", key + "?dryRun=All", whole));
  shows(client.send("PATCH", key + "?dryRun=All&fieldManager=a",
                    R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"key","labels":{"a":"b"}}})", apply));
  shows(client.send("DELETE", std::string(kSecrets) + "?dryRun=All"));
  EXPECT_EQ(client.send("DELETE", key + "?dryRun=All").status, 200) << "tells the name alone";
  EXPECT_EQ(client.send("PATCH", key, R"({"metadata":{"finalizers":["x.io/y"]}})", merge).status, 200);
  shows(client.send("DELETE", key + "?dryRun=All"));
  shows(client.send("DELETE", key));
  shows(client.send("DELETE", key));
  shows(client.send("DELETE", kSecrets));
  EXPECT_EQ(client.send("DELETE", std::string(kSecrets) + "?labelSelector=none&dryRun=All").status, 200);
  const auto told = [this](const char* kind) {
    std::vector<std::string> verbs;
    const base::Json records = items("resource=secrets,kind=" + std::string(kind));
    for (const base::Json& item : records.as_array()) {
      verbs.push_back(std::string(base::string_at(item, "record.verb")) + " " +
                      std::string(base::string_at(item, "record.resource.name")));
    }
    return verbs;
  };
  EXPECT_THAT(told("read"),
              ::testing::ElementsAre("patch key", "patch key", "update key", "patch key", "deletecollection ",
                                     "delete key", "delete key", "deletecollection "));
  EXPECT_THAT(told("write"), ::testing::ElementsAre("create key", "patch key", "delete key"));
}

// A yes or no about a value is on record whichever it was.
TEST_F(Audit, RefusalsThatTellOfASecretAreOnRecord) {
  make_secret();
  Client client = admin();
  const std::string key = std::string(kSecrets) + "/key";
  const std::string guess = base::to_base64("a guess");
  const auto patch = [&](const std::string& type, const std::string& query, const std::string& body) {
    return client.send("PATCH", key + query, body, {{"Content-Type", "application/" + type}}).status;
  };
  EXPECT_EQ(patch("json-patch+json", "", R"([{"op":"test","path":"/data/password","value":")" + guess + R"("}])"), 422);
  EXPECT_EQ(
      patch("apply-patch+yaml", "?fieldManager=a",
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"},"data":{"password":")" + guess + "\"}}"),
      409);
  EXPECT_EQ(patch("merge-patch+json", "", "{"), 400) << "tells nothing";
  EXPECT_EQ(
      client.send("PATCH", std::string(kSecrets) + "/absent", "[]", {{"Content-Type", "application/json-patch+json"}})
          .status,
      404);
  const base::Json records = items("resource=secrets,kind=read");
  ASSERT_EQ(records.as_array().size(), 2u);
  for (const base::Json& item : records.as_array()) {
    EXPECT_EQ(base::string_at(item, "record.verb"), "patch");
    EXPECT_EQ(base::string_at(item, "record.resource.name"), "key");
  }
}

TEST_F(Audit, ImpersonationNamesBoth) {
  Client client = admin();
  make_secret();
  client.get(kSecrets, {{"Impersonate-User", "root"}, {"Impersonate-Group", "system:masters"}});
  const base::Json records = items("kind=read,actor=root");
  ASSERT_EQ(records.as_array().size(), 1u);
  EXPECT_EQ(base::string_at(records.at(0), "record.impersonator"), "berth-admin");
}

TEST_F(Audit, TokensGivenOutAreOnRecord) {
  EXPECT_EQ(admin()
                .send("POST", "/api/v1/namespaces/default/serviceaccounts",
                      R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"robot"}})")
                .status,
            201);
  const auto token = admin().send("POST", "/api/v1/namespaces/default/serviceaccounts/robot/token",
                                  R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})");
  ASSERT_EQ(token.status, 201) << token.body;
  const base::Json records = items("resource=serviceaccounts,name=robot,verb=create");
  ASSERT_EQ(records.as_array().size(), 2u);
  EXPECT_EQ(base::string_at(records.at(1), "record.subresource"), "token");
}

TEST_F(Audit, IsReadOnlyAndForThoseWhoMay) {
  Client client = admin();
  EXPECT_STATUS(client.send("DELETE", std::string(kRecords) + "/1"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client.send("DELETE", kRecords), 405, "MethodNotAllowed");
  EXPECT_STATUS(client.send("POST", kRecords, R"({"apiVersion":"audit.berth.dev/v1","kind":"AuditRecord"})"), 405,
                "MethodNotAllowed");
  EXPECT_STATUS(
      client.send("PATCH", std::string(kRecords) + "/1", "{}", {{"Content-Type", "application/merge-patch+json"}}), 405,
      "MethodNotAllowed");
  const HeaderList alice{{"Authorization", "Bearer alice-token"}};
  EXPECT_STATUS(anonymous().get(kRecords, alice), 403, "Forbidden");
  EXPECT_STATUS(anonymous().get(std::string(kRecords) + "?watch=true", alice), 403, "Forbidden");
  EXPECT_STATUS(anonymous().send("POST", kVerifications, "{}", alice), 403, "Forbidden");
  EXPECT_STATUS(anonymous().get(kRecords), 401, "Unauthorized");
  EXPECT_STATUS(client.get(std::string(kRecords) + "?fieldSelector=uid=7"), 400, "BadRequest");
  EXPECT_STATUS(client.get(std::string(kRecords) + "?continue=x"), 400, "BadRequest");
  EXPECT_STATUS(client.get(std::string(kRecords) + "/none"), 404, "NotFound");
  EXPECT_STATUS(client.get("/apis/audit.berth.dev/v1/namespaces/default/auditrecords"), 404, "NotFound");
}

TEST_F(Audit, ItsSequencesAreNotTheRevisionsOfTheStore) {
  Client client = admin();
  for (int i = 0; i < 20; ++i) client.get(kSecrets);
  const std::string newest = std::to_string(store_->journal_end("audit"));
  ASSERT_GT(store_->journal_end("audit"), store_->revision());
  EXPECT_EQ(client.get(std::string(kRecords) + "/1?resourceVersion=" + newest).status, 200);
  const auto list = client.get(std::string(kRecords) + "?limit=1&resourceVersion=" + newest);
  EXPECT_EQ(list.status, 200) << list.body;
  EXPECT_EQ(base::string_at(base::parse_json(list.body), "metadata.resourceVersion"), newest);
}

TEST_F(Audit, IsATable) {
  make_secret();
  const HeaderList table{{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}};
  const auto response = admin().get(std::string(kRecords) + "?fieldSelector=resource=secrets", table);
  const base::Json body = base::parse_json(response.body);
  const base::JsonArray& cells = body.at("rows").at(0).at("cells").as_array();
  std::vector<std::string> names;
  for (const base::Json& column : body.at("columnDefinitions").as_array()) {
    names.emplace_back(base::string_at(column, "name"));
  }
  ASSERT_EQ(names.size(), cells.size());
  EXPECT_EQ(names[0], "Sequence");
  EXPECT_EQ(cells[2].as_string(), "berth-admin");
  EXPECT_EQ(cells[3].as_string(), "create");
  EXPECT_EQ(cells[6].as_string(), "key");
}

TEST_F(Audit, WatchesBeginAtTheirOwnResourceVersion) {
  Client lister = admin();
  const base::Json list = base::parse_json(lister.get(std::string(kRecords) + "?limit=1").body);
  const std::string revision(base::string_at(list, "metadata.resourceVersion"));
  Client behind = admin();
  behind.begin(std::string(kRecords) + "?watch=true&resourceVersion=" + revision);
  Client skipping = admin();
  skipping.begin(std::string(kRecords) + "?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
  await_metric("berth_api_watches", 2);
  make_secret();
  for (Client* watch : {&behind, &skipping}) {
    const base::Json event = watch->next_event();
    EXPECT_EQ(base::string_at(event, "type"), "ADDED");
    EXPECT_EQ(base::string_at(event, "object.record.resource.name"), "key");
  }
}

base::Task<void> append_many(store::Store& store, int count) {
  for (int i = 0; i < count; ++i) co_await store.append("audit", R"({"actor":"bob"})");
}

TEST_F(Audit, AWatchBringsAllThatIsThereAndSaysWhereThatEnded) {
  base::run(append_many(*store_, 12'000));  // more than a page
  const std::uint64_t newest = store_->journal_end("audit");
  Client watch = admin();
  watch.begin(std::string(kRecords) +
              "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  for (std::uint64_t sequence = 1; sequence <= newest; ++sequence) {
    ASSERT_EQ(base::int_at(watch.next_event(), "object.sequence"), static_cast<std::int64_t>(sequence));
  }
  const base::Json bookmark = watch.next_event();
  EXPECT_EQ(base::string_at(bookmark, "type"), "BOOKMARK");
  EXPECT_EQ(base::string_at(bookmark, "object.metadata.resourceVersion"), std::to_string(newest));
  make_secret();
  EXPECT_EQ(base::int_at(watch.next_event(), "object.sequence"), static_cast<std::int64_t>(newest + 1));
}

TEST_F(Audit, VerifiesOnDemandAndVerifiesExports) {
  make_secret();
  const auto ask = [this](const std::string& body) {
    const auto response = admin().send("POST", kVerifications, body);
    EXPECT_EQ(response.status, 201) << response.body;
    return base::parse_json(response.body).at("status");
  };
  const base::Json whole = ask(R"({"apiVersion":"audit.berth.dev/v1","kind":"AuditVerification"})");
  EXPECT_TRUE(base::bool_at(whole, "valid"));
  EXPECT_EQ(base::int_at(whole, "records"), static_cast<std::int64_t>(store_->journal_end("audit")));

  base::JsonArray lines;
  const base::Json written = items("kind=write");
  for (const base::Json& item : written.as_array()) lines.push_back(base::to_canonical(item).c_str());
  ASSERT_GT(lines.size(), 1u);
  base::Json body{{"apiVersion", "audit.berth.dev/v1"}, {"kind", "AuditVerification"}, {"spec", {{"records", lines}}}};
  EXPECT_TRUE(base::bool_at(ask(base::to_canonical(body)), "valid"));
  std::string changed = lines[1].as_string().c_str();
  changed.replace(changed.find("\"allow\""), 7, "\"deny\"");
  body.at("spec").at("records").as_array()[1] = changed;
  const base::Json bad = ask(base::to_canonical(body));
  EXPECT_FALSE(base::bool_at(bad, "valid"));
  EXPECT_EQ(base::int_at(bad, "firstBad"), base::int_at(base::parse_json(changed), "sequence"));
}

}  // namespace
}  // namespace berth::api::testing
