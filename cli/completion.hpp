// SPDX-License-Identifier: Apache-2.0
#pragma once
// What may come next on a command line: commands and flags from the command line's own description, types and names
// from the server.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace berth::cli {

struct Completion {
  enum class What { Words, Types, Names, Files };
  What what = What::Words;
  std::vector<std::string> words;  // of Words
  std::string type;                // of Names
  std::string prefix;              // what each name comes after: "container/"
};

// What may follow `words`, the last of which is begun or "".
Completion complete(const CLI::App& app, const std::vector<std::string>& words);

// A completion script; throws BadRequest for another shell than bash and zsh.
std::string completion_script(const std::string& shell);

}  // namespace berth::cli
