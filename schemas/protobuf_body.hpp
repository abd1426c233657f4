// SPDX-License-Identifier: Apache-2.0
#pragma once
// Request bodies as typed clients of the built-in kinds send them: "k8s\0", a runtime.Unknown that names the type, and
// the type's own message. The fields' numbers are beside them in the schemas (x-berth-protobuf).
// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding-idl
#include <string_view>

#include "base/json.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

// The object as its JSON would be. Fields without a number here are passed over, as upstream does with what it does
// not know. Throws BadRequest for what is no such body, and for a kind that is not built in.
base::Json read_protobuf_body(std::string_view body);

// A message without its envelope.
base::Json read_protobuf_message(std::string_view message, const Schema& schema);

}  // namespace berth::schemas
