// SPDX-License-Identifier: Apache-2.0
#pragma once
// metadata.managedFields of an object that nobody managed before: written in one walk, because every create pays it.
#include <string>

#include "resources/apply/field_writer.hpp"

namespace berth::resources {

// The same text as managed_at_creation() gives for an object that brings no entries of its own.
std::string managed_text_of_new(const Kind& kind, const Json& object, const FieldWriter& writer);

}  // namespace berth::resources
