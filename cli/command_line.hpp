// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line: the flags that every command takes, and one command chosen of those that were added.
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "cli/commands.hpp"

namespace berth::cli {

class CommandLine {
 public:
  // With every command.
  CommandLine();

  // Reads the arguments, runs what they ask for and prints its errors. The process's exit code.
  int run(int argc, const char* const* argv);

  CLI::App& app() { return app_; }
  AccessFlags& access() { return access_; }

  // A command that works on a server. The options live as long as it; its flags write into them.
  template <class Options>
  std::pair<CLI::App*, Options*> add(CLI::App& parent, const std::string& name, const std::string& help,
                                     Task<int> (*work)(Session&, Options)) {
    auto options = std::make_shared<Options>();
    CLI::App* command = parent.add_subcommand(name, help);
    command->callback([this, options, work] {
      chosen_ = [this, options, work] {
        return run_with_session([options, work](Session& session) { return work(session, *options); });
      };
    });
    return {command, options.get()};
  }
  // One that opens its own session, or needs none.
  CLI::App* add_local(CLI::App& parent, const std::string& name, const std::string& help, std::function<int()> work);

  // Runs `work` with a session of the global flags.
  int run_with_session(std::function<Task<int>(Session&)> work);

 private:
  void add_global_flags();
  int failure_code() const;
  std::string explain(const CLI::ParseError& error) const;

  CLI::App app_;
  AccessFlags access_;
  std::function<int()> chosen_;
};

// The commands, by file.
void add_manifest_commands(CommandLine& line);  // apply, diff, delete
void add_object_commands(CommandLine& line);    // get, describe, wait, edit, label, annotate, patch
void add_server_commands(CommandLine& line);    // explain, api-resources, auth, token, version
void add_workload_commands(CommandLine& line);  // start, stop, pause, unpause, restart, redeploy, rollout
void add_host_commands(CommandLine& line);      // host trust, rm
void add_audit_commands(CommandLine& line);     // audit list, export, verify
void add_image_commands(CommandLine& line);     // image ls, pull, rm, prune
void add_key_commands(CommandLine& line);       // key rotate
void add_adopt_command(CommandLine& line);      // adopt
void add_plan_command(CommandLine& line);       // plan
void add_compose_commands(
    CommandLine& line);  // compose up, down, ps, stop, start, preview, config, convert, pull, push
void add_completion(CommandLine& line);

}  // namespace berth::cli
