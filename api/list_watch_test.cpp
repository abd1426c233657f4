// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const HeaderList kTable{{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}};

std::string config_map(const std::string& name, const std::string& value = "v", const std::string& label = "x") {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"(","labels":{"l":")" + label +
         R"("}},"data":{"k":")" + value + R"("}})";
}

base::Task<void> create_many(resources::Resources& resources, int count, std::size_t value_bytes) {
  const auto& kind = schemas::Catalog::instance().by_name("ConfigMap");
  const std::string value(value_bytes, 'v');
  for (int i = 0; i < count; ++i) {
    resources::Body body = base::parse_json_reporting(config_map("m" + std::to_string(100'000 + i), value));
    co_await resources.create(resources::controller_caller("test"), kind, "default", std::move(body), {});
  }
}

class Lists : public ServerTest {
 protected:
  Lists() {
    start();
    client_.emplace(admin());
  }
  void fill(int count, std::size_t value_bytes = 700) {
    first_loop_.run_and_wait([this, count, value_bytes] { return create_many(*resources_, count, value_bytes); });
  }
  std::optional<Client> client_;
};

TEST_F(Lists, AreWholeInKeyOrderWithTheirRevision) {
  const auto empty = client_->get(kMaps);
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"continue":"","resourceVersion":")" +
                            std::to_string(resources_->revision()) + R"("},"items":[]})");
  for (const char* name : {"b", "c", "a"}) EXPECT_EQ(client_->send("POST", kMaps, config_map(name)).status, 201);
  const base::Json list = base::parse_json(client_->get(kMaps + "?limit=500").body);
  EXPECT_EQ(base::string_at(list, "metadata.resourceVersion"), std::to_string(resources_->revision()));
  std::string names;
  for (const base::Json& item : list.at("items").as_array()) names.append(base::string_at(item, "metadata.name"));
  EXPECT_EQ(names, "abc");
  EXPECT_EQ(base::parse_json(client_->get("/api/v1/configmaps").body).at("items").as_array().size(), 3u);
}

TEST_F(Lists, AreSelected) {
  client_->send("POST", kMaps, config_map("a", "v", "one"));
  client_->send("POST", kMaps, config_map("b", "v", "two"));
  const auto count = [this](const std::string& query) {
    return base::parse_json(client_->get(kMaps + query).body).at("items").as_array().size();
  };
  EXPECT_EQ(count("?labelSelector=l%3Done"), 1u);
  EXPECT_EQ(count("?labelSelector=l+in+(one,two)"), 2u);
  EXPECT_EQ(count("?fieldSelector=metadata.name%3Db"), 1u);
  EXPECT_STATUS(client_->get(kMaps + "?labelSelector=%3D%3D"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?fieldSelector=data.k%3Dv"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?continue=abc"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?limit=x"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?sendInitialEvents=true"), 422, "Invalid");
}

TEST_F(Lists, OfMoreThanABufferAreCopiedOnce) {
  fill(1'000);
  const auto response = client_->get(kMaps);
  ASSERT_EQ(response.status, 200);
  const base::Json list = base::parse_json(response.body, {.max_bytes = response.body.size()});
  const auto& items = list.at("items").as_array();
  ASSERT_EQ(items.size(), 1'000u);
  EXPECT_EQ(base::string_at(items.front(), "metadata.name"), "m100000");
  EXPECT_EQ(base::string_at(items.back(), "metadata.name"), "m100999");
  EXPECT_EQ(metric("berth_api_list_bytes_copied_total"), static_cast<double>(response.body.size()));
  EXPECT_EQ(client_->get("/livez").status, 200) << "the connection serves on";
}

TEST_F(Lists, HoldObjectsLargerThanTheBuffer) {
  fill(3, 200'000);
  const auto response = client_->get(kMaps);
  EXPECT_EQ(base::parse_json(response.body).at("items").as_array().size(), 3u);
}

TEST_F(Lists, AsTablesAndYaml) {
  fill(200);
  const base::Json table = base::parse_json(client_->get(kMaps, kTable).body);
  EXPECT_EQ(base::string_at(table, "kind"), "Table");
  EXPECT_EQ(table.at("rows").as_array().size(), 200u);
  EXPECT_EQ(base::string_at(table, "metadata.resourceVersion"), std::to_string(resources_->revision()));
  const auto yaml = client_->get(kMaps, {{"Accept", "application/yaml"}});
  EXPECT_EQ(yaml.headers.get("Content-Type"), "application/yaml");
  EXPECT_NE(yaml.body.find("kind: ConfigMapList"), std::string::npos);
  const auto pretty = client_->get(kMaps + "?pretty=true");
  EXPECT_EQ(base::parse_json(pretty.body).at("items").as_array().size(), 200u);
}

TEST_F(Lists, ComeInPagesOfOneRevision) {
  fill(5);
  const auto read = [this](const std::string& query, const HeaderList& headers = {}) {
    return base::parse_json(client_->get(kMaps + query, headers).body);
  };
  const base::Json first = read("?limit=2");
  EXPECT_EQ(first.at("items").as_array().size(), 2u);
  EXPECT_EQ(base::int_at(first, "metadata.remainingItemCount"), 3);
  const std::string token(base::string_at(first, "metadata.continue"));
  client_->send("DELETE", kMaps + "/m100003");
  const base::Json second = read("?limit=2&continue=" + token);
  EXPECT_EQ(base::string_at(second.at("items").as_array().at(1), "metadata.name"), "m100003");
  EXPECT_EQ(base::string_at(second, "metadata.resourceVersion"), base::string_at(first, "metadata.resourceVersion"));
  const base::Json table = read("?limit=2&continue=" + token, kTable);
  EXPECT_EQ(table.at("rows").as_array().size(), 2u);
  EXPECT_EQ(base::string_at(table, "metadata.continue"), base::string_at(second, "metadata.continue"));
  EXPECT_STATUS(client_->get(kMaps + "?continue=" + token + "&resourceVersion=5"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?continue=" + token + "&resourceVersion=5&resourceVersionMatch=Exact"), 422,
                "Invalid");
}

TEST_F(Lists, WhosePagesAreForgottenGoOnWithAnotherToken) {
  fill(3);
  const base::Json first = base::parse_json(client_->get(kMaps + "?limit=1").body);
  client_->send("POST", kMaps, config_map("z"));
  base::run(store_->compact(store_->revision()));
  const auto expired =
      client_->get(kMaps + "?limit=1&continue=" + std::string(base::string_at(first, "metadata.continue")));
  EXPECT_EQ(expired.status, 410);
  const base::Json status = base::parse_json(expired.body);
  EXPECT_EQ(base::string_at(status, "reason"), "Expired");
  const auto rest = client_->get(kMaps + "?continue=" + std::string(base::string_at(status, "metadata.continue")));
  EXPECT_EQ(base::parse_json(rest.body).at("items").as_array().size(), 3u) << rest.body;
}

TEST_F(Lists, AreDeletedAsSelected) {
  for (const char* name : {"a", "b", "c"}) client_->send("POST", kMaps, config_map(name, "v", "gone"));
  client_->send("POST", kMaps, config_map("d", "v", "kept"));
  const auto names_after = [this](const std::string& query) {
    const auto deleted = client_->send("DELETE", kMaps + query);
    EXPECT_EQ(deleted.status, 200) << deleted.body;
    EXPECT_EQ(base::string_at(base::parse_json(deleted.body), "kind"), "ConfigMapList") << "of what is gone";
    std::string names;
    const base::Json left = base::parse_json(client_->get(kMaps).body);
    for (const base::Json& item : left.at("items").as_array()) names.append(base::string_at(item, "metadata.name"));
    return names;
  };
  EXPECT_EQ(names_after("?labelSelector=l%3Dgone&dryRun=All"), "abcd");
  EXPECT_EQ(names_after("?labelSelector=l%3Dgone&limit=1"), "bcd");
  EXPECT_EQ(names_after("?labelSelector=l%3Dgone&fieldSelector=metadata.name!%3Dc"), "cd");
  EXPECT_EQ(names_after("?labelSelector=l%3Dnothing"), "cd");
}

TEST_F(Lists, AsMetadataAlone) {
  fill(2);
  const HeaderList list{{"Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}};
  const HeaderList one{{"Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}};
  const base::Json metadata = base::parse_json(client_->get(kMaps, list).body);
  EXPECT_EQ(base::string_at(metadata, "kind"), "PartialObjectMetadataList");
  EXPECT_EQ(base::string_at(metadata, "apiVersion"), "meta.k8s.io/v1");
  const base::Json& item = metadata.at("items").as_array().at(0);
  EXPECT_EQ(base::string_at(item, "kind"), "PartialObjectMetadata");
  EXPECT_EQ(base::string_at(item, "metadata.name"), "m100000");
  EXPECT_EQ(base::find_path(item, "data"), nullptr);
  const base::Json got = base::parse_json(client_->get(kMaps + "/m100001", one).body);
  EXPECT_EQ(base::string_at(got, "kind"), "PartialObjectMetadata");
  EXPECT_EQ(base::string_at(got, "metadata.labels.l"), "x");
  const auto created = client_->send("POST", kMaps, config_map("new"), one);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(base::string_at(base::parse_json(created.body), "kind"), "PartialObjectMetadata");
  EXPECT_STATUS(client_->get(kMaps, one), 406, "NotAcceptable");
  EXPECT_STATUS(client_->get(kMaps + "/new", list), 406, "NotAcceptable");
  EXPECT_STATUS(client_->get(kMaps + "/gone", one), 404, "NotFound");
}

class Watches : public Lists {
 protected:
  static std::string summary(const base::Json& event) {
    return std::string(base::string_at(event, "type")) + " " +
           std::string(base::string_at(event, "object.metadata.name"));
  }
};

TEST_F(Watches, DeliverWhatHappensAfterARevision) {
  client_->send("POST", kMaps, config_map("before"));
  Client watcher = admin();
  const auto head = watcher.begin(kMaps + "?watch=true&resourceVersion=" + std::to_string(resources_->revision()));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(head.headers.get("Transfer-Encoding"), "chunked");
  client_->send("POST", kMaps, config_map("a"));
  client_->send("PATCH", kMaps + "/a", R"({"data":{"k":"w"}})", {{"Content-Type", "application/merge-patch+json"}});
  client_->send("DELETE", kMaps + "/a");
  EXPECT_EQ(summary(watcher.next_event()), "ADDED a");
  EXPECT_EQ(summary(watcher.next_event()), "MODIFIED a");
  const base::Json deleted = watcher.next_event();
  EXPECT_EQ(summary(deleted), "DELETED a");
  EXPECT_EQ(base::string_at(deleted, "object.metadata.resourceVersion"), std::to_string(resources_->revision()));
}

TEST_F(Watches, BeginWithWhatIsThere) {
  client_->send("POST", kMaps, config_map("a"));
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true");
  EXPECT_EQ(summary(watcher.next_event()), "ADDED a");
  client_->send("POST", kMaps, config_map("b"));
  EXPECT_EQ(summary(watcher.next_event()), "ADDED b");
}

TEST_F(Watches, SelectorsTurnLeavingIntoDeleted) {
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true&labelSelector=l%3Dx&resourceVersion=" + std::to_string(resources_->revision()));
  const HeaderList merge{{"Content-Type", "application/merge-patch+json"}};
  client_->send("POST", kMaps, config_map("other", "v", "y"));
  client_->send("POST", kMaps, config_map("a"));
  client_->send("PATCH", kMaps + "/a", R"({"metadata":{"labels":{"l":"y"}}})", merge);
  client_->send("PATCH", kMaps + "/other", R"({"metadata":{"labels":{"l":"x"}}})", merge);
  EXPECT_EQ(summary(watcher.next_event()), "ADDED a");
  EXPECT_EQ(summary(watcher.next_event()), "DELETED a");
  EXPECT_EQ(summary(watcher.next_event()), "ADDED other");
}

TEST_F(Watches, InformersGetTheStateThenTheEndMark) {
  const std::string informer =
      kMaps + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  {
    Client watcher = admin();
    watcher.begin(informer);
    const base::Json mark = watcher.next_event();
    EXPECT_EQ(base::string_at(mark, "type"), "BOOKMARK") << "also when there is nothing";
    EXPECT_EQ(mark.at("object").at("metadata").at("annotations").at("k8s.io/initial-events-end").as_string(), "true");
  }
  client_->send("POST", kMaps, config_map("a"));
  client_->send("POST", kMaps, config_map("b"));
  Client watcher = admin();
  watcher.begin(informer);
  EXPECT_EQ(summary(watcher.next_event()), "ADDED a");
  EXPECT_EQ(summary(watcher.next_event()), "ADDED b");
  const base::Json mark = watcher.next_event();
  EXPECT_EQ(base::string_at(mark, "type"), "BOOKMARK");
  EXPECT_EQ(base::string_at(mark, "object.kind"), "ConfigMap");
  EXPECT_EQ(base::string_at(mark, "object.metadata.resourceVersion"), std::to_string(resources_->revision()));
  client_->send("POST", kMaps, config_map("c"));
  EXPECT_EQ(summary(watcher.next_event()), "ADDED c");
}

// More watches than have a turn at once, and more objects than go without one.
TEST_F(Watches, GetAStateThatIsSentInTurns) {
  constexpr int kObjects = 260;
  for (int i = 0; i < kObjects; ++i) client_->send("POST", kMaps, config_map("m" + std::to_string(1000 + i)));
  for (const bool informs : {true, false}) {
    std::vector<Client> watchers;
    for (int i = 0; i < 6; ++i) {
      watchers.push_back(admin());
      watchers.back().begin(
          kMaps + "?watch=true" +
          (informs ? "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true" : ""));
    }
    for (Client& watcher : watchers) {
      for (int i = 0; i < kObjects; ++i) ASSERT_EQ(summary(watcher.next_event()), "ADDED m" + std::to_string(1000 + i));
      if (informs) EXPECT_EQ(base::string_at(watcher.next_event(), "type"), "BOOKMARK");
    }
    client_->send("DELETE", kMaps + "/m1000", "");
    for (Client& watcher : watchers) EXPECT_EQ(summary(watcher.next_event()), "DELETED m1000");
    client_->send("POST", kMaps, config_map("m1000"));
  }
}

TEST_F(Watches, WithoutInitialEventsBeginNow) {
  client_->send("POST", kMaps, config_map("a"));
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
  client_->send("POST", kMaps, config_map("b"));
  EXPECT_EQ(summary(watcher.next_event()), "ADDED b");
}

TEST_F(Watches, RefuseWhatTheyDoNotKnow) {
  EXPECT_STATUS(client_->get(kMaps + "?watch=true&sendInitialEvents=true"), 422, "Invalid");
  EXPECT_STATUS(client_->get(kMaps + "?watch=true&labelSelector=%3D"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?watch=true&timeoutSeconds=x"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?watch=true&resourceVersion=x"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(kMaps + "?watch=true", {{"Accept", "application/yaml"}}), 406, "NotAcceptable");
}

TEST_F(Watches, FromAForgottenRevisionGetAnErrorFrame) {
  client_->send("POST", kMaps, config_map("a"));
  client_->send("POST", kMaps, config_map("b"));
  first_loop_.run_and_wait([this] { return store_->compact(store_->revision()); });
  Client watcher = admin();
  EXPECT_EQ(watcher.begin(kMaps + "?watch=true&resourceVersion=1").status, 200);
  const base::Json event = watcher.next_event();
  EXPECT_EQ(base::string_at(event, "type"), "ERROR");
  EXPECT_EQ(base::int_at(event, "object.code"), 410);
  EXPECT_EQ(base::string_at(event, "object.reason"), "Expired");
  EXPECT_FALSE(watcher.next_line()) << "the stream ends cleanly";
}

TEST_F(Watches, EndAfterTheirTimeWithABookmarkAndServeOn) {
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=" +
                std::to_string(resources_->revision()));
  const base::Json bookmark = watcher.next_event();
  EXPECT_EQ(base::string_at(bookmark, "type"), "BOOKMARK");
  EXPECT_EQ(base::string_at(bookmark, "object.metadata.resourceVersion"), std::to_string(resources_->revision()));
  EXPECT_FALSE(watcher.next_line());
  EXPECT_EQ(watcher.get("/livez").status, 200);
}

TEST_F(Watches, AsTablesSendColumnsOnce) {
  client_->send("POST", kMaps, config_map("a"));
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true", kTable);
  const base::Json first = watcher.next_event();
  EXPECT_EQ(base::string_at(first, "object.kind"), "Table");
  EXPECT_GT(first.at("object").at("columnDefinitions").as_array().size(), 1u);
  EXPECT_EQ(first.at("object").at("rows").as_array().at(0).at("cells").as_array().at(0).as_string(), "a");
  client_->send("POST", kMaps, config_map("b"));
  const base::Json second = watcher.next_event();
  EXPECT_EQ(second.at("object").at("columnDefinitions").as_array().size(), 0u);
  EXPECT_EQ(metric("berth_api_watch_encodes_total"), 2);
}

TEST_F(Watches, OfMetadataAloneAreMadeOnceForAll) {
  const HeaderList metadata{{"Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}};
  const std::string query = "?watch=true&resourceVersion=" + std::to_string(resources_->revision());
  std::vector<Client> watchers;
  for (int i = 0; i < 5; ++i) {
    watchers.push_back(admin());
    watchers.back().begin(kMaps + query, metadata);
  }
  client_->send("POST", kMaps, config_map("a"));
  for (Client& watcher : watchers) {
    const base::Json event = watcher.next_event();
    EXPECT_EQ(summary(event), "ADDED a");
    EXPECT_EQ(base::string_at(event, "object.kind"), "PartialObjectMetadata");
    EXPECT_EQ(base::find_path(event, "object.data"), nullptr);
  }
  EXPECT_EQ(metric("berth_api_watch_encodes_total"), 1);
}

TEST_F(Watches, AreAskedForByTheOldPrefixToo) {
  client_->send("POST", kMaps, config_map("a"));
  client_->send("POST", kMaps, config_map("b"));
  Client all = admin();
  all.begin("/api/v1/watch/namespaces/default/configmaps");
  EXPECT_EQ(summary(all.next_event()), "ADDED a");
  EXPECT_EQ(summary(all.next_event()), "ADDED b");
  Client one = admin();
  one.begin("/api/v1/watch/namespaces/default/configmaps/b");
  EXPECT_EQ(summary(one.next_event()), "ADDED b");
}

TEST_F(Watches, FromTheFutureAreSilentOrAnErrorFrame) {
  const std::string future = std::to_string(resources_->revision() + 1000);
  Client silent = admin();
  EXPECT_EQ(silent.begin(kMaps + "?watch=true&timeoutSeconds=1&resourceVersion=" + future).status, 200);
  EXPECT_EQ(silent.next_line(), std::nullopt);
  Client informer = admin();
  const auto head = informer.begin(
      kMaps + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=" + future);
  EXPECT_EQ(head.status, 200);
  const base::Json event = informer.next_event();
  EXPECT_EQ(base::string_at(event, "type"), "ERROR");
  EXPECT_EQ(base::int_at(event, "object.code"), 504);
}

TEST_F(Lists, AnObjectIsReadNoOlderThanAsked) {
  client_->send("POST", kMaps, config_map("a"));
  const auto read = [this](const std::string& version) {
    return client_->get(kMaps + "/a?resourceVersion=" + version);
  };
  EXPECT_EQ(read("0").status, 200);
  EXPECT_EQ(read(std::to_string(resources_->revision())).status, 200);
  EXPECT_STATUS(read("new"), 400, "BadRequest");
  EXPECT_STATUS(read(std::to_string(resources_->revision() + 1000)), 504, "Timeout");
}

TEST_F(Watches, EndWhenTheClientHangsUp) {
  {
    Client watcher = admin();
    watcher.begin(kMaps + "?watch=true");
    await_metric("berth_api_watches", 1);
  }
  await_metric("berth_api_watches", 0);
  await_metric("berth_api_connections", 1);
}

const std::string kSecrets = "/api/v1/namespaces/default/secrets";

class Secrets : public Lists {
 protected:
  static constexpr int kCount = 12;
  // All of them are twice what the sockets between the two hold.
  explicit Secrets(std::size_t bytes = 700 << 10) {
    const std::string value = base::to_base64(std::string(bytes, 's'));
    for (int i = 0; i < kCount; ++i) {
      const auto made = client_->send(
          "POST", kSecrets,
          R"({"metadata":{"name":"s)" + std::to_string(100 + i) + R"("},"data":{"k":")" + value + R"("}})");
      EXPECT_EQ(made.status, 201) << made.body.substr(0, 200);
    }
  }
  // Reads the head of the answer to `target` and so many lines, then goes away.
  void read_a_little(const std::string& target, int lines) {
    {
      Client slow = admin();
      EXPECT_EQ(slow.begin(target).status, 200);
      for (int i = 0; i < lines; ++i) EXPECT_TRUE(slow.next_line());
    }
    await_metric("berth_api_connections", 1);
    EXPECT_GE(metric("berth_api_secrets_opened_total"), 1);
    EXPECT_LT(metric("berth_api_secrets_opened_total"), kCount);
  }
};

TEST_F(Secrets, AreOpenedAsAListIsRead) { read_a_little(kSecrets, 0); }

TEST_F(Secrets, AreOpenedAsTheAnswerToTheirDeletionIsRead) {
  {
    Client slow = admin();
    slow.write("DELETE " + kSecrets + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(slow.read_until("\r\n").starts_with("HTTP/1.1 200 "));
  }
  await_metric("berth_api_connections", 1);
  EXPECT_GE(metric("berth_api_secrets_opened_total"), 1);
  EXPECT_LT(metric("berth_api_secrets_opened_total"), kCount);
  EXPECT_TRUE(base::parse_json(client_->get(kSecrets).body).at("items").as_array().empty());
}

TEST_F(Secrets, AreOpenedAsAWatchIsRead) { read_a_little(kSecrets + "?watch=true", 1); }

TEST_F(Secrets, AreOpenedAsTheInitialEventsAreRead) {
  read_a_little(
      kSecrets + "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan", 1);
}

// Longer than the buffer that a list is written through.
class SmallSecrets : public Secrets {
 protected:
  SmallSecrets() : Secrets(9 << 10) {}
};

TEST_F(SmallSecrets, AreWholeInEveryForm) {
  const auto count = [this](const std::string& query, const HeaderList& headers = {}) {
    const auto response = client_->get(kSecrets + query, headers);
    EXPECT_EQ(response.status, 200);
    std::size_t found = 0;
    for (std::size_t at = response.body.find("c3Nz"); at != std::string::npos; ++found) {
      at = response.body.find("c3Nz", response.body.find_first_of("\"\n", at));
    }
    return found;
  };
  EXPECT_EQ(count(""), kCount);
  EXPECT_EQ(count("?pretty=true"), kCount);
  EXPECT_EQ(count("", {{"Accept", "application/yaml"}}), kCount);
  EXPECT_EQ(count("?limit=3"), 3u);
  EXPECT_EQ(count("", kTable), 0u);
  EXPECT_EQ(count("?pretty=true&fieldSelector=metadata.name%3Ds100"), 1u);
  EXPECT_EQ(base::parse_json(client_->send("DELETE", kSecrets + "?fieldSelector=metadata.name%3Ds100").body)
                .at("items")
                .as_array()
                .size(),
            1u);
  EXPECT_EQ(count("?pretty=true&fieldSelector=metadata.name%3Ds100"), 0u);
}

class SlowWatches : public ServerTest {};

TEST_F(SlowWatches, AreClosed) {
  options_.limits.write_timeout = std::chrono::milliseconds(300);
  start();
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true");
  await_metric("berth_api_watches", 1);
  // More than the sockets hold, and nobody reads it.
  first_loop_.run_and_wait([this] { return create_many(*resources_, 24, 1'000'000); });
  await_metric("berth_api_watches", 0);
  EXPECT_EQ(admin().get("/livez").status, 200);
}

TEST_F(Watches, EncodeNothingForJson) {
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true&resourceVersion=" + std::to_string(resources_->revision()));
  fill(2'000);
  std::set<std::string> names;
  while (names.size() < 2'000)
    ASSERT_TRUE(names.insert(summary(watcher.next_event())).second) << "no event comes twice";
  EXPECT_EQ(metric("berth_api_watch_encodes_total"), 0);
}

}  // namespace
}  // namespace berth::api::testing
