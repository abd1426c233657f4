// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a reader is inside a document: "spec.ports[0].hostPort".
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace berth::base {

// One step down: a key of an object, or an index of an array.
using FieldStep = std::variant<std::string, std::size_t>;

std::string to_field_path(const std::vector<FieldStep>& steps);

}  // namespace berth::base
