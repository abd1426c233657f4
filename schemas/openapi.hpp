// SPDX-License-Identifier: Apache-2.0
#pragma once
// The kinds as OpenAPI documents, all from their declarations: what `kubectl explain`, client-side validation and
// code generators read. Clients look for these extensions: x-kubernetes-group-version-kind on models (a list) and
// operations (an object), x-kubernetes-action, and the marks that say how lists and maps are merged.
// https://github.com/kubernetes/kubernetes/tree/master/api/openapi-spec shows what upstream serves.
#include <string>
#include <vector>

#include "schemas/catalog.hpp"

namespace berth::schemas {

enum class OpenapiVersion {
  V2,  // Swagger 2.0: one document of all kinds
  V3,  // OpenAPI 3.0: one document for each group and version
};

// The document of these kinds. Costs milliseconds and twice the result in memory: make it once.
std::string openapi_json(OpenapiVersion version, const std::vector<const Kind*>& kinds);
// The same as the Document message of gnostic's OpenAPIv2.proto or OpenAPIv3.proto.
std::string openapi_protobuf(OpenapiVersion version, const std::vector<const Kind*>& kinds);

}  // namespace berth::schemas
