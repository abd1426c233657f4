// SPDX-License-Identifier: Apache-2.0
#include <fmt/chrono.h>

#include <span>

#include "api/accept.hpp"
#include "api/handlers.hpp"
#include "api/openapi_documents.hpp"
#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::api {
namespace {

OpenapiDocuments& documents() {
  static OpenapiDocuments all(schemas::Catalog::instance());
  return all;
}

struct MediaType {
  std::string_view name;
  OpenapiForm form;
  std::string_view answer;  // the name that the answer has
};

// The names with an @ came first; no media type may have one.
constexpr std::string_view kProtobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view kProtobufV3 = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
constexpr MediaType kTypesV2[] = {
    {kJsonType, OpenapiForm::Json, kJsonType},
    {kProtobufV2, OpenapiForm::Protobuf, kProtobufV2},
    {"application/com.github.proto-openapi.spec.v2@v1.0+protobuf", OpenapiForm::Protobuf, kProtobufV2}};
constexpr MediaType kTypesV3[] = {
    {kJsonType, OpenapiForm::Json, kJsonType},
    {kProtobufV3, OpenapiForm::Protobuf, kProtobufV3},
    {"application/com.github.proto-openapi.spec.v3@v1.0+protobuf", OpenapiForm::Protobuf, kProtobufV3}};

const MediaType& choose(std::string_view accept, std::span<const MediaType> types) {
  const bool any = accept.find_first_not_of(" \t") == std::string_view::npos;
  for (const AcceptClause& clause : read_accept(any ? "*/*" : accept)) {
    for (const MediaType& type : types) {
      if (clause.takes(type.name)) return type;
    }
  }
  std::string names;
  for (const MediaType& type : types) names.append(names.empty() ? "" : ", ").append(type.name);
  throw base::Status(base::Reason::NotAcceptable, "only the following media types are accepted: " + names);
}

std::string quoted(std::string_view hash) { return std::string("\"").append(hash).append("\""); }

// RFC 9110, section 5.6.7.
std::string http_date(base::WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

base::HttpResponse head_of(const Exchange& exchange, std::string_view hash, std::string_view type) {
  base::HttpResponse response;
  response.headers.add("ETag", quoted(hash));
  response.headers.add("Vary", "Accept, Accept-Encoding");
  if (holds_etag(exchange.header("If-None-Match"), quoted(hash))) {
    response.status = 304;
  } else {
    response.headers.add("Content-Type", std::string(type));
  }
  return response;
}

// Not on the loop: a document may have to be made first, or unzipped.
base::Task<void> answer(Exchange& exchange, OpenapiDocument& document, const MediaType& type,
                        base::HttpResponse response) {
  if (response.status == 200) {
    const Coding coding = takes_gzip(exchange.header("Accept-Encoding")) ? Coding::Gzip : Coding::Plain;
    if (coding == Coding::Gzip) response.headers.add("Content-Encoding", "gzip");
    response.body = co_await base::blocking([&] { return document.body(type.form, coding); });
  }
  co_await exchange.respond(std::move(response));
}

}  // namespace

base::Task<void> handle_openapi_v2(Exchange& exchange) {
  const MediaType& type = choose(exchange.header("Accept"), kTypesV2);
  OpenapiDocument& document = documents().v2();
  const std::string hash = co_await base::blocking([&] { return document.hash(); });
  base::HttpResponse response = head_of(exchange, hash, type.answer);
  co_await answer(exchange, document, type, std::move(response));
}

base::Task<void> handle_openapi_index(Exchange& exchange) {
  std::string index = co_await base::blocking([] { return documents().v3_index(); });
  base::HttpResponse response = head_of(exchange, base::to_hex(base::sha256(index)), kJsonType);
  if (response.status == 200) response.body = std::move(index);
  co_await exchange.respond(std::move(response));
}

base::Task<void> handle_openapi_group_version(Exchange& exchange) {
  const RequestInfo& info = exchange.info;
  const std::string name = info.group.empty() ? "api/" + info.version : "apis/" + info.group + "/" + info.version;
  OpenapiDocument* document = documents().v3(name);
  if (!document) throw base::Status(base::Reason::NotFound, "the server could not find the requested resource");
  const MediaType& type = choose(exchange.header("Accept"), kTypesV3);
  const std::string hash = co_await base::blocking([document] { return document->hash(); });
  const std::string_view asked = info.query.get("hash");
  if (!asked.empty() && asked != hash) {
    base::HttpResponse moved;
    moved.status = 301;
    moved.headers.add("Location", openapi_url(name, hash));
    co_return co_await exchange.respond(std::move(moved));
  }
  base::HttpResponse response = head_of(exchange, hash, type.answer);
  if (!asked.empty()) {
    // Under this URL it will never be anything else.
    const auto expires = exchange.services.clock.now() + std::chrono::hours(24 * 365);
    response.headers.add("Cache-Control", "public, immutable");
    response.headers.add("Expires", http_date(expires));
  }
  co_await answer(exchange, *document, type, std::move(response));
}

}  // namespace berth::api
