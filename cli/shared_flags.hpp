// SPDX-License-Identifier: Apache-2.0
#pragma once
// Flags that several commands share.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"

namespace berth::cli {

// -o name|yaml|json
void add_result_output(CLI::App& command, ResultOptions& result);
// --dry-run=none|server
void add_dry_run(CLI::App& command, ResultOptions& result);
// -f and -R
CLI::Option* add_files(CLI::App& command, std::vector<std::string>& files, Folders& folders);
// --field-manager and --force-conflicts
void add_apply_flags(CLI::App& command, std::string& manager, Conflicts& conflicts);

}  // namespace berth::cli
