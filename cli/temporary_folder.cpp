// SPDX-License-Identifier: Apache-2.0
#include "cli/temporary_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/status.hpp"

namespace berth::cli {

TemporaryFolder::TemporaryFolder(const std::string& prefix) {
  std::error_code error;
  auto parent = std::filesystem::temp_directory_path(error);
  if (error) throw base::bad_request("TMPDIR: " + error.message());
  std::string name = (parent / (prefix + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) throw base::bad_request(name + ": " + std::strerror(errno));
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::bad_request("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
  if (!file) throw base::bad_request("cannot write " + path.string());
}

}  // namespace berth::cli
