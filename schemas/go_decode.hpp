// SPDX-License-Identifier: Apache-2.0
#pragma once
// How upstream's decoder, which is Go's, refuses values of a wrong type.
#include <string>

#include "schemas/catalog.hpp"

namespace berth::schemas {

// "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"; "" when the object can be read.
// Of a built-in kind the whole object is read into Go's types, of ours the metadata alone. The first problem is told,
// never with a text's value.
std::string go_decode_error(const Kind& kind, const Json& object);

}  // namespace berth::schemas
