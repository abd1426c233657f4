// SPDX-License-Identifier: Apache-2.0
#include "api/protobuf_request.hpp"

#include "schemas/protobuf_body.hpp"

namespace berth::api {

void read_protobuf(Exchange& exchange) {
  base::HttpRequest& request = exchange.request;
  if (request.body.empty() || exchange.info.verb == Verb::Patch) return;
  if (exchange.kind == nullptr || !exchange.kind->built_in) return;
  if (media_type(request.headers.get("Content-Type")) != kProtobufType) return;
  request.body = base::to_canonical(schemas::read_protobuf_body(request.body));
  request.headers.set("Content-Type", "application/json");
}

}  // namespace berth::api
