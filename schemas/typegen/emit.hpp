// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of the generated files.
#include <string>
#include <string_view>

#include "schemas/typegen/model.hpp"

namespace berth::schemas::typegen {

// kinds.gen.hpp: the structs, decode_<kind>() and encode().
std::string emit_header(const Model& model);
// kinds.gen.cpp: their definitions.
std::string emit_source(const Model& model);
// declarations.gen.cpp: `json` as a string of the program.
std::string emit_declarations(std::string_view json);

}  // namespace berth::schemas::typegen
