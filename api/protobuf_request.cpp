// SPDX-License-Identifier: Apache-2.0
#include "api/protobuf_request.hpp"

#include "schemas/protobuf_body.hpp"

namespace berth::api {
namespace {

bool has_object(Verb verb) {
  return verb == Verb::Create || verb == Verb::Update || verb == Verb::Delete || verb == Verb::DeleteCollection;
}

}  // namespace

void read_protobuf(Exchange& exchange) {
  base::HttpRequest& request = exchange.request;
  if (request.body.empty() || !has_object(exchange.info.verb)) return;
  if (exchange.kind == nullptr || !exchange.kind->built_in) return;
  const std::string type = media_type(request.headers.get("Content-Type"));
  if (type == kJsonType || type == kYamlType) return;
  if (type != kProtobufType) {
    refuse_media_type(std::string(kJsonType).append(", ").append(kYamlType).append(", ").append(kProtobufType));
  }
  request.body = base::to_canonical(schemas::read_protobuf_body(request.body));
  request.headers.set("Content-Type", "application/json");
}

}  // namespace berth::api
