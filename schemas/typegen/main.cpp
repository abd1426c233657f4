// SPDX-License-Identifier: Apache-2.0
// typegen <output folder> <declaration.yaml>...: writes the kinds' C++ structs and the declarations as JSON text.
// Runs at build time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "schemas/typegen/emit.hpp"

namespace berth::schemas::typegen {

namespace {

base::Json read_yaml(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::internal_error("cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    base::YamlDocument document = base::parse_one_yaml(text);
    if (!document.duplicate_fields.empty()) throw base::bad_request("duplicate field " + document.duplicate_fields[0]);
    return std::move(document.value);
  } catch (const base::Status& error) {
    throw error.with_prefix(path.string());
  }
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw base::internal_error("cannot write " + path.string());
}

}  // namespace

void generate(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& inputs) {
  base::JsonObject declarations;
  base::JsonArray kinds;
  for (const auto& input : inputs) {
    base::Json value = read_yaml(input);
    if (base::string_at(value, "kind") == "CustomResourceDefinition") {
      kinds.push_back(std::move(value));
    } else {
      declarations[input.stem().string()] = std::move(value);
    }
  }
  Model model;
  model.add_object_meta(declarations.at("object_meta"));
  for (const base::Json& kind : kinds) {
    if (!base::bool_at(kind, "x-berth-structs", true)) continue;
    const base::Json& version = kind.at("spec").at("versions").at(0);
    model.add_kind(std::string(base::string_at(kind, "spec.names.kind")), version.at("schema").at("openAPIV3Schema"));
  }
  declarations["kinds"] = std::move(kinds);
  std::filesystem::create_directories(folder);
  write_file(folder / "kinds.gen.hpp", emit_header(model));
  write_file(folder / "kinds.gen.cpp", emit_source(model));
  write_file(folder / "declarations.gen.cpp", emit_declarations(base::to_canonical(declarations)));
}

}  // namespace berth::schemas::typegen

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: typegen <output folder> <declaration.yaml>...\n");
    return 2;
  }
  try {
    berth::schemas::typegen::generate(argv[1], {argv + 2, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "typegen: %s\n", error.what());
    return 1;
  }
  return 0;
}
