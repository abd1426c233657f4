// SPDX-License-Identifier: Apache-2.0
#pragma once
// Field numbers of gnostic's OpenAPIv2.proto and OpenAPIv3.proto, as far as our documents go.
// https://github.com/google/gnostic-models
#include "schemas/openapi.hpp"
#include "schemas/protobuf_writer.hpp"

namespace berth::schemas {

// Where the parts of a document go.
struct OpenapiMessages {
  const Message& document;  // without paths and models
  const Message& path;      // PathItem
  const Message& model;     // Schema or SchemaOrReference
  std::uint32_t paths;      // the field of the document
  std::uint32_t path_entry;
  std::uint32_t models;          // the field of the document, or of its components
  std::uint32_t components = 0;  // V3: the field of the document
  std::uint32_t model_entry = 1;
};

const OpenapiMessages& openapi_messages(OpenapiVersion version);

}  // namespace berth::schemas
