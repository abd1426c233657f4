// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_flags.hpp"

namespace berth::cli {

void add_result_output(CLI::App& command, ResultOptions& result) {
  command.add_option("-o,--output", result.output, "name, yaml or json")
      ->check(CLI::IsMember({"name", "yaml", "json"}));
}

void add_dry_run(CLI::App& command, ResultOptions& result) {
  command.add_option("--dry-run", result.dry_run, "none, or server: ask the server, change nothing")
      ->check(CLI::IsMember({"none", "server"}));
}

CLI::Option* add_files(CLI::App& command, std::vector<std::string>& files, Folders& folders) {
  command.add_flag_callback(
      "-R,--recursive", [&folders] { folders = Folders::Recursive; }, "folders with all that is below them");
  return command.add_option("-f,--filename", files, "file, folder or - for standard input; may be repeated");
}

void add_apply_flags(CLI::App& command, std::string& manager, Conflicts& conflicts) {
  command.add_option("--field-manager", manager, "the name under which fields are managed")->capture_default_str();
  command.add_flag_callback(
      "--force-conflicts", [&conflicts] { conflicts = Conflicts::Force; },
      "take over fields that other managers have set");
}

}  // namespace berth::cli
