// SPDX-License-Identifier: Apache-2.0
#include "cli/compose_files.hpp"

#include <array>
#include <iostream>
#include <iterator>
#include <set>

#include "base/status.hpp"
#include "base/utf8.hpp"
#include "cli/temporary_folder.hpp"
#include "compose/expand.hpp"
#include "compose/model.hpp"

namespace berth::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFile = 1024 * 1024;  // of a stack's spec.files

// As docker compose prefers them.
constexpr std::array<const char*, 4> kComposeNames{"compose.yaml", "compose.yml", "docker-compose.yml",
                                                   "docker-compose.yaml"};
constexpr std::array<const char*, 4> kOverrideNames{"compose.override.yaml", "compose.override.yml",
                                                    "docker-compose.override.yml", "docker-compose.override.yaml"};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

fs::path first_of(const fs::path& folder, const std::array<const char*, 4>& names) {
  for (const char* name : names) {
    if (is_file(folder / name)) return folder / name;
  }
  return {};
}

std::string read_stack_file(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size > kMaxFile) {
    throw base::bad_request(path.string() + ": has " + std::to_string(size) +
                            " bytes; a file of a stack has 1 MiB at most. --host-dir mounts it from the host");
  }
  std::string text = read_text(path);
  if (!base::is_utf8(text)) {
    throw base::bad_request(
        path.string() + ": is no text in UTF-8, as a file of a stack must be. --host-dir mounts it " + "from the host");
  }
  return text;
}

fs::path find_compose(const fs::path& start, Look look) {
  for (fs::path folder = start;; folder = folder.parent_path()) {
    fs::path found = first_of(folder, kComposeNames);
    if (!found.empty()) return found;
    if (look == Look::Here || folder == folder.parent_path()) break;
  }
  throw base::bad_request("no compose file in " + start.string() + (look == Look::AndAbove ? " or above it" : "") +
                          ": it is compose.yaml, compose.yml, " +
                          "docker-compose.yml or docker-compose.yaml, or named by -f");
}

void open_named(const std::vector<std::string>& named, const fs::path& start, ComposeFiles& files) {
  if (named.size() > 2) {
    throw base::bad_request("-f takes one file, and one that is merged over it; found " + std::to_string(named.size()) +
                            ". More may be documents of one file, with --- between");
  }
  files.shown = named.front();
  if (named.front() == "-") {
    files.folder = start.string();
    files.shown = "standard input";
    files.contents[std::string(kComposeFile)] = {std::istreambuf_iterator<char>(std::cin), {}};
  } else {
    const fs::path path = fs::absolute(named.front()).lexically_normal();
    if (!is_file(path)) throw base::bad_request("the path \"" + named.front() + "\" does not exist, or is no file");
    files.folder = path.parent_path().string();
    files.contents[std::string(kComposeFile)] = read_stack_file(path);
  }
  if (named.size() == 2) {
    files.called[std::string(kOverrideFile)] = named.back();
    files.contents[std::string(kOverrideFile)] = read_stack_file(named.back());
  }
}

void read_once(const ComposeFiles& files, const Reading& reading, std::set<std::string>& missed) {
  compose::Sources sources = sources_of(files, reading);
  sources.working_dir = files.folder;
  sources.missed = &missed;
  if (reading.host_dir.empty()) {
    (void)compose::expand(sources, {.stack = reading.project, .host = "", .host_dir = ""});
    return;
  }
  // What is mounted is on the host; what is read is here.
  try {
    (void)compose::load_model(sources);
  } catch (const base::Status&) {
    return;  // said by whom it is for
  }
}

}  // namespace

fs::path stands_for(const fs::path& folder, std::string_view name) {
  const fs::path found = first_of(folder, name == kComposeFile ? kComposeNames : kOverrideNames);
  return found.empty() ? folder / name : found;
}

ComposeFiles open_compose_files(const std::vector<std::string>& named, const std::string& env_file,
                                const fs::path& start, Look look) {
  ComposeFiles files;
  if (!named.empty()) {
    open_named(named, fs::absolute(start), files);
  } else {
    const fs::path path = find_compose(fs::absolute(start).lexically_normal(), look);
    files.folder = path.parent_path().string();
    files.shown = path.string();
    files.contents[std::string(kComposeFile)] = read_stack_file(path);
    const fs::path over = first_of(path.parent_path(), kOverrideNames);
    if (!over.empty()) {
      files.called[std::string(kOverrideFile)] = over.string();
      files.contents[std::string(kOverrideFile)] = read_stack_file(over);
    }
  }
  const fs::path own = fs::path(files.folder) / ".env";
  if (!env_file.empty()) {
    files.called[".env"] = env_file;
    files.contents[".env"] = read_stack_file(env_file);
  }
  if (env_file.empty() && is_file(own)) files.contents[".env"] = read_stack_file(own);
  return files;
}

compose::Sources sources_of(const ComposeFiles& files, const Reading& reading) {
  compose::Sources sources;
  sources.working_dir = reading.host_dir.empty() ? files.folder : compose::clean_path(reading.host_dir);
  sources.files = files.contents;
  sources.compose_files = {std::string(kComposeFile)};
  if (files.contents.contains(kOverrideFile)) sources.compose_files.emplace_back(kOverrideFile);
  sources.env = reading.env;
  sources.secrets = reading.secrets;
  sources.profiles = reading.profiles;
  sources.services = reading.services;
  sources.project = reading.project;
  return sources;
}

void add_what_it_reads(ComposeFiles& files, const Reading& reading) {
  std::set<std::string> seen;
  for (bool more = true; more;) {
    more = false;
    std::set<std::string> missed;
    read_once(files, reading, missed);
    for (const std::string& path : missed) {
      if (!seen.insert(path).second || !is_file(path)) continue;
      const std::string below = compose::relative_path(files.folder, path);
      if (below.starts_with("../")) {
        files.outside.push_back(path);  // a path on the host, or it is missed where it is read
        continue;
      }
      files.contents[below] = read_stack_file(path);
      more = true;
    }
  }
}

}  // namespace berth::cli
