// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stack is read from, and paths in it. Nothing here touches a disk: every file is in `files`.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace berth::compose {

using Environment = std::map<std::string, std::string, std::less<>>;

struct Sources {
  std::string working_dir = "/";                          // absolute; relative paths start here
  std::vector<std::string> compose_files;                 // merged in this order
  std::map<std::string, std::string, std::less<>> files;  // path, in its shortest form -> bytes
  Environment env;                                        // wins over .env files
  Environment secrets;                                    // variables whose values are secret; win over env
  std::vector<std::string> profiles;
  std::vector<std::string> services;  // these, with what they depend on and whatever their profiles; empty: all
  std::string project;                // "": by `name:` of the files
  std::string home;                   // what ~ stands for; "": it stands for itself
  // When given: notes the files, by absolute path, that were looked for and are not among `files`. Who reads a disk
  // adds those that are there and reads the stack again, until nothing new is missed.
  std::set<std::string>* missed = nullptr;
};

// The content of a file by any path to it, absolute or from working_dir; nullptr when it is not there. Names in `files`
// are absolute, or relative to working_dir with or without ./ in front.
const std::string* find_file(const Sources& sources, std::string_view path);

// Lexically: "a/./b//../c" is "a/c"; "" is ".".
std::string clean_path(std::string_view path);
std::string join_path(std::string_view base, std::string_view path);  // cleaned; an absolute `path` goes below base too
std::string folder_of(std::string_view path);                         // "a" of "a/b", "." of "b"
// `path` as seen from `base`, both cleaned and absolute.
std::string relative_path(std::string_view base, std::string_view path);
bool is_absolute(std::string_view path);
// C:\x and \\x, which a Windows client writes.
bool is_windows_absolute(std::string_view path);

// Names that compose gives: lower case, [a-z0-9_-] only, no _ or - in front.
std::string normalize_project_name(std::string_view name);

}  // namespace berth::compose
