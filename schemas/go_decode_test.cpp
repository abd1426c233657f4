// SPDX-License-Identifier: Apache-2.0
#include "schemas/go_decode.hpp"

#include <gtest/gtest.h>

#include "schemas/admit.hpp"

namespace berth::schemas {
namespace {

std::string error_of(std::string_view kind, std::string_view body) {
  return go_decode_error(Catalog::instance().by_name(kind), base::parse_json(body));
}

// The words were seen from sigs.k8s.io/json and k8s.io/api.
TEST(GoDecodeTest, SaysItInGosWords) {
  const std::string begin = "json: cannot unmarshal ";
  EXPECT_EQ(error_of("ConfigMap", R"({"data":{"a":1}})"),
            begin + "number into Go struct field ConfigMap.data of type string");
  EXPECT_EQ(error_of("ConfigMap", R"({"data":["a"]})"),
            begin + "array into Go struct field ConfigMap.data of type map[string]string");
  EXPECT_EQ(error_of("ConfigMap", R"({"immutable":"yes"})"),
            begin + "string into Go struct field ConfigMap.immutable of type bool");
  EXPECT_EQ(error_of("ConfigMap", R"({"metadata":{"labels":{"a":true}}})"),
            begin + "bool into Go struct field ObjectMeta.metadata.labels of type string");
  EXPECT_EQ(error_of("ConfigMap", R"({"metadata":{"ownerReferences":[{"uid":{}}]}})"),
            begin + "object into Go struct field OwnerReference.metadata.ownerReferences.uid of type types.UID");
  EXPECT_EQ(error_of("Lease", R"({"spec":{"leaseDurationSeconds":"1"}})"),
            begin + "string into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32");
  EXPECT_EQ(error_of("Lease", R"({"spec":{"leaseDurationSeconds":3000000000}})"),
            begin + "number 3000000000 into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32");
  EXPECT_EQ(error_of("Lease", R"({"spec":7})"), begin + "number into Go struct field Lease.spec of type v1.LeaseSpec");
  EXPECT_EQ(error_of("Lease", R"({"metadata":7})"),
            begin + "number into Go struct field Lease.metadata of type v1.ObjectMeta");
  EXPECT_EQ(error_of("Role", R"({"rules":{}})"),
            begin + "object into Go struct field Role.rules of type []v1.PolicyRule");
  EXPECT_EQ(error_of("Role", R"({"rules":[{"verbs":[1]}]})"),
            begin + "number into Go struct field PolicyRule.rules.verbs of type string");
  EXPECT_EQ(error_of("Secret", R"({"data":{"a":5}})"),
            begin + "number into Go struct field Secret.data of type []uint8");
}

TEST(GoDecodeTest, TimesAndBytes) {
  EXPECT_EQ(error_of("ConfigMap", R"({"metadata":{"creationTimestamp":"nope"}})"),
            R"(parsing time "nope" as "2006-01-02T15:04:05Z07:00": cannot parse "nope" as "2006")");
  EXPECT_EQ(error_of("ConfigMap", R"({"metadata":{"creationTimestamp":"2026-01-02"}})"),
            R"(parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T")");
  EXPECT_EQ(error_of("ConfigMap", R"({"metadata":{"creationTimestamp":5}})"),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string");
  const std::pair<std::string, int> illegal[] = {{"not base64", 3}, {"y", 0},  {"aGkx\\nx", 5},   {"aGk", 0},
                                                 {"aG=", 3},        {"=", 0},  {"aG=k", 2},       {"aGk=x", 4},
                                                 {"aGkxaGk", 4},    {"a=", 1}, {"aG==\\r\\nx", 6}};
  for (const auto& [text, at] : illegal) {
    EXPECT_EQ(error_of("Secret", R"({"data":{"a":")" + text + "\"}}"),
              "illegal base64 data at input byte " + std::to_string(at))
        << text;
  }
}

// As a YAML file has it whose value is a block of lines.
TEST(GoDecodeTest, BytesMayBeInLines) {
  Json secret = base::parse_json(R"({"data":{"a":"aGk\n=\r\n"}})");
  EXPECT_EQ(go_decode_error(Catalog::instance().by_name("Secret"), secret), "");
  apply_defaults(Catalog::instance().by_name("Secret"), secret);
  EXPECT_EQ(secret.at("data").at("a").as_string(), "aGk=");
}

TEST(GoDecodeTest, ReadsWhatGoReads) {
  EXPECT_EQ(error_of("ConfigMap", R"({"data":null,"metadata":{"labels":{"a":null}},"unknown":[1]})"), "");
  EXPECT_EQ(error_of("Secret", R"({"data":{"a":"aGk="},"stringData":{"b":"x"},"type":"Opaque"})"), "");
}

TEST(GoDecodeTest, OfOursTheMetadataAlone) {
  EXPECT_EQ(error_of("Container", R"({"metadata":{"labels":{"a":1}},"spec":{"image":5}})"),
            "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string");
  EXPECT_EQ(error_of("Container", R"({"metadata":{"name":"web"},"spec":{"image":5}})"), "");
}

}  // namespace
}  // namespace berth::schemas
