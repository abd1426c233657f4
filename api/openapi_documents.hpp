// SPDX-License-Identifier: Apache-2.0
#pragma once
// The OpenAPI documents in the forms that clients ask for. Each form is made when it is first asked for, and kept
// zipped: plain they are ten times as long, and nearly every client takes gzip.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "schemas/openapi.hpp"

namespace berth::api {

enum class OpenapiForm { Json, Protobuf };
enum class Coding { Plain, Gzip };

// One document. Any thread; what is not made yet takes milliseconds.
class OpenapiDocument {
 public:
  OpenapiDocument(schemas::OpenapiVersion version, std::vector<const schemas::Kind*> kinds)
      : version_(version), kinds_(std::move(kinds)) {}

  std::string body(OpenapiForm form, Coding coding);
  // Of the document, whatever its form: clients keep what they have while it stays.
  const std::string& hash();

 private:
  struct Rendering {
    std::once_flag once;
    std::string zipped;
    std::string hash;
  };
  const Rendering& rendering(OpenapiForm form);

  const schemas::OpenapiVersion version_;
  const std::vector<const schemas::Kind*> kinds_;
  Rendering json_;
  Rendering protobuf_;
};

// The document of all kinds for version 2, and one for each group and version.
class OpenapiDocuments {
 public:
  explicit OpenapiDocuments(const schemas::Catalog& catalog);

  OpenapiDocument& v2() { return *v2_; }
  // By "api/v1" or "apis/berth.dev/v1"; nullptr when there is none.
  OpenapiDocument* v3(std::string_view group_version);
  // What /openapi/v3 says: where each of them is, with its hash.
  std::string v3_index();

 private:
  std::unique_ptr<OpenapiDocument> v2_;
  std::map<std::string, OpenapiDocument, std::less<>> v3_;
};

// "/openapi/v3/apis/berth.dev/v1?hash=..."
std::string openapi_url(std::string_view group_version, std::string_view hash);

}  // namespace berth::api
