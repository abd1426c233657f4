// SPDX-License-Identifier: Apache-2.0
#include "cli/manifests.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "base/yaml_places.hpp"

namespace berth::cli {
namespace {

namespace fs = std::filesystem;

bool is_manifest(const fs::path& path) {
  const auto ending = path.extension();
  return ending == ".yaml" || ending == ".yml" || ending == ".json";
}

template <class Iterator>
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : Iterator(folder)) {
    if (entry.is_regular_file() && is_manifest(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_all(std::istream& stream) { return {std::istreambuf_iterator<char>(stream), {}}; }

void append_file(const fs::path& path, std::vector<Manifest>& all) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::bad_request("cannot read " + path.string());
  for (Manifest& manifest : parse_manifests(read_all(file), path.string())) all.push_back(std::move(manifest));
}

// Every object needs these two to be addressed at all; the server checks the rest.
void check_type(const Manifest& manifest) {
  if (!manifest.object.is_object()) throw base::bad_request(manifest.source + ": is no object");
  for (const char* field : {"apiVersion", "kind"}) {
    if (base::string_at(manifest.object, field).empty()) {
      throw base::bad_request(manifest.source + ": " + field + " is not set");
    }
  }
}

void append_object(Manifest manifest, std::vector<Manifest>& all) {
  check_type(manifest);
  const base::Json* items = base::find_path(manifest.object, "items");
  if (!base::string_at(manifest.object, "kind").ends_with("List") || items == nullptr || !items->is_array()) {
    all.push_back(std::move(manifest));
    return;
  }
  std::size_t number = 0;
  for (const base::Json& item : items->get_array()) {
    Manifest one{item, manifest.source + ", item " + std::to_string(number + 1), manifest.file, manifest.line};
    one.item = manifest.item + (manifest.item.empty() ? "" : ".") + "items[" + std::to_string(number++) + "]";
    one.text = manifest.text;
    append_object(std::move(one), all);
  }
}

std::string place_text(const std::string& file, std::string_view text, std::size_t document, std::string_view path) {
  const base::YamlPlace place = base::YamlPlaces(text).find(document, path).value_or(base::YamlPlace{document, 1});
  return file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace

std::vector<Manifest> parse_manifests(std::string_view text, const std::string& source) {
  std::vector<Manifest> all;
  std::vector<base::YamlDocument> documents;
  const auto shared = std::make_shared<const std::string>(text);
  try {
    documents = base::parse_yaml(text);
  } catch (const base::Status& status) {
    throw status.with_prefix(source);
  }
  for (base::YamlDocument& document : documents) {
    if (!document.duplicate_fields.empty()) {
      const std::string& field = document.duplicate_fields.front();
      throw base::bad_request(place_text(source, text, document.line, field) + ": duplicate field \"" + field + "\"");
    }
    Manifest one{std::move(document.value), source + ":" + std::to_string(document.line), source, document.line};
    one.text = shared;
    append_object(std::move(one), all);
  }
  return all;
}

std::vector<Manifest> read_manifests(const std::vector<std::string>& paths, Folders folders) {
  std::vector<Manifest> all;
  for (const std::string& path : paths) {
    if (path == "-") {
      for (Manifest& manifest : parse_manifests(read_all(std::cin), "standard input"))
        all.push_back(std::move(manifest));
      continue;
    }
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) throw base::bad_request("the path \"" + path + "\" does not exist");
    if (error) throw base::bad_request("cannot read " + path + ": " + error.message());
    if (fs::is_directory(status)) {
      const auto files = folders == Folders::Recursive ? files_in<fs::recursive_directory_iterator>(path)
                                                       : files_in<fs::directory_iterator>(path);
      for (const fs::path& file : files) append_file(file, all);
    } else {
      append_file(path, all);
    }
  }
  if (all.empty()) throw base::bad_request("no objects passed to apply");
  return all;
}

}  // namespace berth::cli
