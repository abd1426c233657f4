// SPDX-License-Identifier: Apache-2.0
#include "api/protobuf_request.hpp"

#include "api/server_testing.hpp"

namespace berth::api {
namespace {

using testing::HeaderList;

// What client-go's typed clients send.
const HeaderList kProtobuf{{"Content-Type", std::string(kProtobufType)},
                           {"Accept", "application/vnd.kubernetes.protobuf,application/json"}};

class ProtobufRequest : public testing::ServerTest {
 protected:
  ProtobufRequest() {
    start();
    client_.emplace(admin());
  }

  // A field below 16 of fewer than 128 bytes.
  static std::string field(int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  }
  static std::string body_of(const std::string& version, const std::string& kind, const std::string& message) {
    return std::string("k8s\0", 4) + field(1, field(1, version) + field(2, kind)) + field(2, message);
  }
  static std::string config_map(const std::string& value) {
    return body_of("v1", "ConfigMap", field(1, field(1, "m")) + field(2, field(1, "k") + field(2, value)));
  }

  const std::string maps_ = "/api/v1/namespaces/default/configmaps";
  std::optional<testing::Client> client_;
};

TEST_F(ProtobufRequest, BuiltInKindsAreCreatedUpdatedAndDeleted) {
  const auto created = client_->send("POST", maps_, config_map("one"), kProtobuf);
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.headers.get("Content-Type"), "application/json") << "which every client reads";
  EXPECT_EQ(base::string_at(base::parse_json(created.body), "data.k"), "one");
  const auto updated = client_->send("PUT", maps_ + "/m", config_map("two"), kProtobuf);
  ASSERT_EQ(updated.status, 200) << updated.body;
  EXPECT_EQ(base::string_at(base::parse_json(updated.body), "data.k"), "two");
  const std::string wrong_uid = body_of("v1", "DeleteOptions", field(2, field(1, "another")));
  EXPECT_STATUS(client_->send("DELETE", maps_ + "/m", wrong_uid, kProtobuf), 409, "Conflict");
  const auto gone = client_->send("DELETE", maps_ + "/m", body_of("v1", "DeleteOptions", ""), kProtobuf);
  EXPECT_EQ(gone.status, 200) << gone.body;
}

TEST_F(ProtobufRequest, AnotherKindIsNamed) {
  const auto refused = client_->send("POST", maps_, body_of("v1", "Secret", ""), kProtobuf);
  EXPECT_STATUS(refused, 400, "BadRequest");
  EXPECT_NE(refused.body.find("Secret in version \\\"v1\\\" cannot be handled as a ConfigMap"), std::string::npos)
      << refused.body;
}

TEST_F(ProtobufRequest, WhatIsNoneIsABadRequest) {
  for (const std::string& body : {std::string("{}"), std::string("k8s\0\xff", 5), body_of("v1", "Pod", "")}) {
    EXPECT_STATUS(client_->send("POST", maps_, body, kProtobuf), 400, "BadRequest");
  }
}

TEST_F(ProtobufRequest, OneOfAnotherTypeIsToldWhatIsTaken) {
  const auto refused = client_->send("POST", maps_, "x", {{"Content-Type", "text/plain"}});
  EXPECT_STATUS(refused, 415, "UnsupportedMediaType");
  EXPECT_NE(refused.body.find("include: application/json, application/yaml, application/vnd.kubernetes.protobuf"),
            std::string::npos)
      << refused.body;
}

TEST_F(ProtobufRequest, OwnKindsAndPatchesAreNeverProtobuf) {
  const auto refused = client_->send("POST", testing::kContainers, config_map("x"), kProtobuf);
  EXPECT_STATUS(refused, 415, "UnsupportedMediaType");
  EXPECT_EQ(refused.body.find("protobuf"), std::string::npos) << "it is not offered";
  EXPECT_STATUS(client_->send("PATCH", maps_ + "/m", config_map("x"), kProtobuf), 415, "UnsupportedMediaType");
  const HeaderList only{{"Accept", std::string(kProtobufType)}};
  EXPECT_STATUS(client_->get(maps_, only), 406, "NotAcceptable");
}

}  // namespace
}  // namespace berth::api
