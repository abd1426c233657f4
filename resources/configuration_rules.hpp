// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a configuration must be before it is merged into an object.
#include <string>
#include <vector>

#include "resources/object_reader.hpp"

namespace berth::resources {

// Throws BadRequest for another kind or version, managedFields, a field that the schema does not know and, under
// Strict, a duplicate key; Invalid, with the paths, for values of a wrong type, items that are there twice, and, of
// our own kinds, nulls. Upstream answers most of these with a bare 500. Gives the warnings.
std::vector<std::string> check_configuration(const Target& target, Body& configuration, FieldValidation validation);

}  // namespace berth::resources
