// SPDX-License-Identifier: Apache-2.0
#pragma once
// A compose file as docker compose finds it in a folder, and the files beside it that it reads.
#include <filesystem>
#include <string>
#include <vector>

#include "compose/sources.hpp"

namespace berth::cli {

// Names by which a stack knows its two files, however they are called in the folder.
inline constexpr std::string_view kComposeFile = "compose.yaml";
inline constexpr std::string_view kOverrideFile = "compose.override.yaml";

struct ComposeFiles {
  std::string folder;                                        // absolute; relative paths start here
  std::string shown;                                         // the compose file as messages name it
  std::map<std::string, std::string, std::less<>> called;    // the name here of a path that has another one there
  std::map<std::string, std::string, std::less<>> contents;  // path from the folder -> bytes, kComposeFile among them
  std::vector<std::string> outside;                          // files that it names and that are here, but not below
};

// Where to look when no file is named: compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml.
enum class Look { Here, AndAbove };

// `named` are the values of -f: one file or "-", and one that is merged over it. `env_file` stands for .env.
// Throws BadRequest when there is none, or one cannot be read.
ComposeFiles open_compose_files(const std::vector<std::string>& named, const std::string& env_file,
                                const std::filesystem::path& start, Look look);

// The file in `folder` that stands for kComposeFile or kOverrideFile; its first name when there is none yet.
std::filesystem::path stands_for(const std::filesystem::path& folder, std::string_view name);

// How the file is read.
struct Reading {
  std::string project;
  std::string host_dir;
  std::vector<std::string> profiles;
  std::vector<std::string> services;  // these and what they depend on; empty: all
  compose::Environment env;
  compose::Environment secrets;
};
compose::Sources sources_of(const ComposeFiles& files, const Reading& reading);

// Adds the files below the folder that it reads: env_file, extends, include, configs, secrets, and without a host_dir
// those that it mounts. Throws BadRequest for one that is no text, or too large.
void add_what_it_reads(ComposeFiles& files, const Reading& reading);

}  // namespace berth::cli
