// SPDX-License-Identifier: Apache-2.0
#pragma once
// Typed clients send the built-in kinds as protobuf, and read JSON when it is what comes back.
#include "api/exchange.hpp"

namespace berth::api {

inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

// Puts the JSON of a protobuf body in its place, so that no handler knows of it. JSON, YAML, patches, and requests
// about Berth's own kinds, which no type of upstream's describes, are left as they are. Throws BadRequest,
// UnsupportedMediaType for a body of another type.
void read_protobuf(Exchange& exchange);

}  // namespace berth::api
