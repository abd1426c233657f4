// SPDX-License-Identifier: Apache-2.0
#include "api/content.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/status.hpp"

namespace berth::api {
namespace {

Format format_of(std::string_view accept) {
  return negotiate(accept, Query(), {Format::Json, Format::Yaml, Format::Table}).format;
}

TEST(Negotiate, TakesTheFirstFormThatIsServed) {
  EXPECT_EQ(format_of(""), Format::Json);
  EXPECT_EQ(format_of("*/*"), Format::Json);
  EXPECT_EQ(format_of("application/*"), Format::Json);
  EXPECT_EQ(format_of("text/html, Application/YAML"), Format::Yaml);
  EXPECT_EQ(format_of("application/vnd.kubernetes.protobuf,application/json"), Format::Json);
  EXPECT_EQ(format_of("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"), Format::Json)
      << "where it is not served";
  EXPECT_EQ(format_of("application/json;q=0.5, application/yaml"), Format::Yaml);
  EXPECT_EQ(format_of("application/yaml;q=0, application/json;q=0.1"), Format::Json);
}

TEST(Negotiate, KnowsKubectlsTable) {
  const std::string kubectl =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
  EXPECT_EQ(format_of(kubectl), Format::Table);
  EXPECT_EQ(format_of("application/json;as=Table;v=v2;g=meta.k8s.io, application/json"), Format::Json);
  const auto old = negotiate("application/json;as=Table;v=v1beta1;g=meta.k8s.io", Query(), {Format::Table});
  EXPECT_EQ(old.meta_version, "v1beta1");
  EXPECT_EQ(old.row_object, RowObject::Metadata);
  const auto whole = negotiate(kubectl, Query({{"includeObject", "Object"}}), {Format::Table});
  EXPECT_EQ(whole.row_object, RowObject::Object);
  EXPECT_THROW(negotiate(kubectl, Query({{"includeObject", "All"}}), {Format::Table}), base::Status);
}

TEST(Negotiate, KnowsMetadataOfOneAndOfMany) {
  const std::string one =
      "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
  const std::string many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1,application/json";
  EXPECT_EQ(object_format(one, Query()).format, Format::Metadata);
  EXPECT_EQ(list_format(many, Query()).format, Format::MetadataList);
  EXPECT_EQ(list_format(many, Query()).meta_version, "v1beta1");
  EXPECT_EQ(object_format("application/json;as=Surprise;g=meta.k8s.io;v=v1,application/json", Query()).format,
            Format::Json);
  for (const std::function<void()>& wrong :
       {std::function([&] { object_format(many, Query()); }), std::function([&] { list_format(one, Query()); })}) {
    try {
      wrong();
      ADD_FAILURE();
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::NotAcceptable);
    }
  }
}

TEST(Negotiate, SaysWhatThereIsWhenNothingFits) {
  for (const char* accept : {"text/html", "application/cbor", "application/json;q=0",
                             "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}) {
    try {
      negotiate(accept, Query(), {Format::Json, Format::Yaml});
      ADD_FAILURE() << accept;
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::NotAcceptable);
      EXPECT_EQ(status.message(), "only the following media types are accepted: application/json, application/yaml");
    }
  }
}

base::HttpRequest request_of(std::string type, std::string body) {
  base::HttpRequest request;
  if (!type.empty()) request.headers.add("Content-Type", std::move(type));
  request.body = std::move(body);
  return request;
}

TEST(DecodeBody, ReadsJsonAndYaml) {
  EXPECT_EQ(decode_body(request_of("", R"({"a":1})")).value.at("a").to_number<int>(), 1);
  EXPECT_EQ(decode_body(request_of("application/json; charset=utf-8", R"({"a":2})")).value.at("a").to_number<int>(), 2);
  EXPECT_EQ(decode_body(request_of("application/yaml", "a: 3\n")).value.at("a").to_number<int>(), 3);
}

TEST(DecodeBody, ReportsDuplicates) {
  EXPECT_EQ(decode_body(request_of("application/json", R"({"s":{"a":1,"a":2}})")).duplicate_fields,
            std::vector<std::string>{"s.a"});
  EXPECT_EQ(decode_body(request_of("application/yaml", "s:\n  a: 1\n  a: 2\n")).duplicate_fields,
            std::vector<std::string>{"s.a"});
}

base::Status failure_of(const base::HttpRequest& request) {
  try {
    decode_body(request);
  } catch (const base::Status& status) {
    return status;
  }
  ADD_FAILURE() << "nothing was thrown";
  return base::internal_error("");
}

TEST(DecodeBody, RefusesOtherTypes) {
  for (const char* type : {"text/plain", "application/vnd.kubernetes.protobuf", "application/cbor"}) {
    const base::Status status = failure_of(request_of(type, "{}"));
    EXPECT_EQ(status.reason(), base::Reason::UnsupportedMediaType);
    EXPECT_NE(status.message().find("application/json, application/yaml"), std::string::npos);
  }
}

TEST(DecodeBody, NamesThePlaceOfAMistake) {
  EXPECT_EQ(failure_of(request_of("application/json", "{")).reason(), base::Reason::BadRequest);
  const base::Status yaml = failure_of(request_of("application/yaml", "a: 1\nb: [\n"));
  EXPECT_EQ(yaml.reason(), base::Reason::BadRequest);
  EXPECT_NE(yaml.message().find("line "), std::string::npos) << yaml.message();
  EXPECT_NE(yaml.message().find("column "), std::string::npos) << yaml.message();
}

}  // namespace
}  // namespace berth::api
