// SPDX-License-Identifier: Apache-2.0
// The specs that an object has and had, over the wire.
#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

const HeaderList kMerge{{"Content-Type", "application/merge-patch+json"}};
const HeaderList kTable{{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}};
const std::string kWeb = std::string(kContainers) + "/web";
const std::string kRevisions = kWeb + "/revisions";

class Revisions : public ServerTest {
 protected:
  Revisions() {
    start();
    client_.emplace(admin());
    client_->send("POST", kContainers, container("web"));
    client_->send("PATCH", kWeb, R"({"spec":{"image":"nginx:2"}})", kMerge);
  }
  std::optional<Client> client_;
};

TEST_F(Revisions, AreAListOldestFirst) {
  const auto answer = client_->get(kRevisions);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const base::Json list = base::parse_json(answer.body);
  EXPECT_EQ(base::string_at(list, "kind"), "ContainerRevisionList");
  EXPECT_EQ(base::string_at(list, "apiVersion"), "berth.dev/v1");
  const auto& items = list.at("items").as_array();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(base::int_at(items[0], "revision"), 1);
  EXPECT_EQ(base::string_at(items[0], "spec.image"), "nginx:1.27");
  EXPECT_EQ(base::string_at(items[1], "spec.image"), "nginx:2");
  EXPECT_TRUE(base::bool_at(items[1], "current"));
}

TEST_F(Revisions, OneIsAnObject) {
  const auto answer = client_->get(kRevisions + "/1");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const base::Json one = base::parse_json(answer.body);
  EXPECT_EQ(base::string_at(one, "kind"), "ContainerRevision");
  EXPECT_EQ(base::string_at(one, "metadata.name"), "web.1");
  EXPECT_EQ(base::string_at(one, "spec.image"), "nginx:1.27");
  EXPECT_NE(client_->get(kRevisions + "/2", {{"Accept", "application/yaml"}}).body.find("image: nginx:2\n"),
            std::string::npos);
}

TEST_F(Revisions, HaveColumns) {
  const base::Json table = base::parse_json(client_->get(kRevisions, kTable).body);
  EXPECT_EQ(base::string_at(table, "kind"), "Table");
  EXPECT_EQ(base::string_at(table.at("columnDefinitions").at(3), "name"), "Image");
  EXPECT_EQ(table.at("rows").at(0).at("cells").at(3).as_string(), "nginx:1.27");
}

TEST_F(Revisions, WhatIsNotThereIsSaid) {
  EXPECT_STATUS(client_->get(kRevisions + "/7"), 404, "NotFound");
  EXPECT_STATUS(client_->get(kRevisions + "/one"), 404, "NotFound");
  EXPECT_STATUS(client_->get(kRevisions + "/1/spec"), 404, "NotFound");
  EXPECT_STATUS(client_->get(std::string(kContainers) + "/absent/revisions"), 404, "NotFound");
  EXPECT_STATUS(client_->get("/api/v1/namespaces/default/configmaps/m/revisions"), 404, "NotFound");
  EXPECT_STATUS(client_->get("/apis/berth.dev/v1/namespaces/default/containerrevisions"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("DELETE", kRevisions, ""), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("PUT", kRevisions + "/1", "{}"), 405, "MethodNotAllowed");
}

TEST_F(Revisions, AReadIsOnRecord) {
  client_->get(kRevisions);
  const auto records = client_->get("/apis/audit.berth.dev/v1/auditrecords?fieldSelector=kind=read");
  EXPECT_NE(records.body.find("containerrevisions"), std::string::npos) << records.body;
}

}  // namespace
}  // namespace berth::api::testing
