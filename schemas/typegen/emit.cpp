// SPDX-License-Identifier: Apache-2.0
#include "schemas/typegen/emit.hpp"

#include <sstream>

namespace berth::schemas::typegen {

namespace {

constexpr std::string_view kNotice =
    "// SPDX-License-Identifier: Apache-2.0\n// Generated from schemas/*.yaml; change those.\n";

void emit_struct(std::ostream& out, const Struct& type) {
  out << "\n";
  if (!type.description.empty()) out << "// " << type.description << "\n";
  out << "struct " << type.name << " {\n";
  for (const Member& member : type.members) {
    out << "  " << member.type << " " << member.cpp;
    if (!member.initial.empty()) out << " = " << member.initial;
    out << ";";
    if (!member.description.empty()) out << "  // " << member.description;
    out << "\n";
  }
  out << "  bool operator==(const " << type.name << "&) const = default;\n};\n";
}

}  // namespace

std::string emit_header(const Model& model) {
  std::ostringstream out;
  out << kNotice << "#pragma once\n"
      << "// The kinds as structs, read-only views of valid JSON. What is optional and absent is empty. An "
         "int-or-string\n"
      << "// is its text. Only a status is ever written from a struct.\n"
      << "#include <cstdint>\n#include <map>\n#include <optional>\n#include <string>\n#include <vector>\n\n"
      << "#include \"base/json.hpp\"\n\nnamespace berth::schemas {\n";
  for (const Struct& type : model.structs()) emit_struct(out, type);
  out << "\n// From an object that passed validation. A value of another type than declared is left out.\n"
      << "ObjectMeta decode_object_meta(const base::Json& metadata);\n";
  for (const std::string& kind : model.kinds()) {
    out << kind << " decode_" << to_snake_case(kind) << "(const base::Json& object);\n";
  }
  out << "\n// Unset optionals and empty lists and maps are left out.\n";
  for (const Struct& type : model.structs()) {
    if (type.encoded) out << "base::Json encode(const " << type.name << "& value);\n";
  }
  out << "\n}  // namespace berth::schemas\n";
  return out.str();
}

std::string emit_source(const Model& model) {
  std::ostringstream out;
  out << kNotice
      << "#include \"schemas/kinds.gen.hpp\"\n\n#include \"schemas/codec.hpp\"\n\nnamespace berth::schemas {\n";
  for (const Struct& type : model.structs()) {
    out << "\nstatic void decode(const base::Json& from, " << type.name << "& to) {\n"
        << "  const base::JsonObject* object = from.if_object();\n  if (!object) return;\n";
    for (const Member& member : type.members) {
      out << "  codec::decode_member(*object, \"" << member.json << "\", to." << member.cpp << ");\n";
    }
    out << "}\n";
    if (!type.encoded) continue;
    out << "\nbase::Json encode(const " << type.name << "& value) {\n  base::JsonObject object;\n";
    for (const Member& member : type.members) {
      out << (member.omit_empty ? "  codec::encode_plain(object" : "  codec::encode_member(object") << ", \""
          << member.json << "\", value." << member.cpp << ");\n";
    }
    out << "  return object;\n}\n";
  }
  const auto emit_decode = [&out](const std::string& type, const std::string& argument) {
    out << "\n"
        << type << " decode_" << to_snake_case(type) << "(const base::Json& " << argument << ") {\n"
        << "  " << type << " made;\n  decode(" << argument << ", made);\n  return made;\n}\n";
  };
  emit_decode("ObjectMeta", "metadata");
  for (const std::string& kind : model.kinds()) emit_decode(kind, "object");
  out << "\n}  // namespace berth::schemas\n";
  return out.str();
}

std::string emit_declarations(std::string_view json) {
  constexpr std::size_t kPiece = 8'000;
  std::ostringstream out;
  out << kNotice << "#include \"schemas/declarations.hpp\"\n\nnamespace berth::schemas {\n\n"
      << "std::string_view declarations() {\n  static constexpr std::string_view kText =\n";
  for (std::size_t at = 0; at < json.size(); at += kPiece) {
    out << "      R\"berth(" << json.substr(at, kPiece) << ")berth\"\n";
  }
  out << "      ;\n  return kText;\n}\n\n}  // namespace berth::schemas\n";
  return out.str();
}

}  // namespace berth::schemas::typegen
