// SPDX-License-Identifier: Apache-2.0
// compose up, down, ps, stop, start, restart, preview, config, convert, pull, push
#include "cli/command_line.hpp"
#include "cli/compose.hpp"

namespace berth::cli {
namespace {

// The flags are the group's: they may stand before or after the command.
using Shared = std::shared_ptr<ComposeFlags>;
using Work = Task<int> (*)(Session&, ComposeOptions);
using LocalWork = int (*)(const ComposeOptions&, const std::string&);
using Made = std::pair<CLI::App*, ComposeOptions*>;

struct Group {
  CommandLine& line;
  CLI::App& compose;
  Shared flags;
};

Made add(const Group& group, const char* name, const char* help, Work work) {
  auto options = std::make_shared<ComposeOptions>();
  CommandLine& line = group.line;
  CLI::App* command = line.add_local(group.compose, name, help, [&line, options, work, flags = group.flags] {
    options->flags = *flags;
    return line.run_with_session([options, work](Session& session) { return work(session, *options); });
  });
  return {command, options.get()};
}

Made add_here(const Group& group, const char* name, const char* help, LocalWork work) {
  auto options = std::make_shared<ComposeOptions>();
  CommandLine& line = group.line;
  CLI::App* command = line.add_local(group.compose, name, help, [&line, options, work, flags = group.flags] {
    options->flags = *flags;
    return work(*options, line.access().ns);
  });
  return {command, options.get()};
}

void add_waiting(const Made& made) {
  auto [command, options] = made;
  bool& wait = options->wait;
  command->add_flag_callback("-d,--no-wait", [&wait] { wait = false; }, "do not wait");
  command->add_option("--timeout", options->timeout, "how long to wait; 0 for ever")->capture_default_str();
}

void add_conflicts(const Made& made) {
  auto [command, options] = made;
  Conflicts& conflicts = options->conflicts;
  command->add_flag_callback(
      "--force-conflicts", [&conflicts] { conflicts = Conflicts::Force; },
      "take over fields that other managers have set");
}

void add_adopt(const Made& made) {
  made.first->add_flag("--adopt", made.second->adopt,
                       "take over what docker compose started of the project and runs as declared, without a restart");
}

void add_services(const Made& made) {
  made.first->add_option("services", made.second->words, "SERVICE...; all of them when none is named");
}

void add_folder(const Made& made) {
  made.first->add_option("DIR", made.second->words, "the folder")->required()->expected(1);
}

void add_output(const Made& made) {
  made.first->add_option("-o,--output,--format", made.second->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

Shared add_flags(CLI::App& compose) {
  auto flags = std::make_shared<ComposeFlags>();
  compose.add_option("-f,--file", flags->files, "compose file, or - for standard input; a second is merged over it")
      ->allow_extra_args(false);
  compose.add_option("-p,--project-name", flags->project,
                     "project; default: name: of the file, else the folder's name");
  compose.add_option("--host", flags->host, "the Host that it runs on; default: where it is, else local");
  compose.add_option("--host-dir", flags->host_dir, "folder on the host that relative mounts lie below; absolute")
      ->check(CLI::Validator(
          [](const std::string& path) {
            return path.empty() || path.starts_with('/') ? "" : "must be an absolute path: " + path;
          },
          "PATH"));
  compose.add_option("--profile", flags->profiles, "profile to activate; may be repeated")->allow_extra_args(false);
  compose.add_option("--env-file", flags->env_file, "file of variables, in place of .env");
  compose.add_option("-e,--env", flags->env, "variable: NAME=value, or NAME for the shell's; may be repeated")
      ->allow_extra_args(false);
  return flags;
}

void add_states(const Group& group) {
  const Made ps = add(group, "ps", "the stack's containers", run_compose_ps);
  add_services(ps);
  const Made stop = add(group, "stop", "stop it, or services of it", run_compose_stop);
  add_services(stop);
  add_waiting(stop);
  const Made start = add(group, "start", "start what was stopped", run_compose_start);
  add_services(start);
  add_waiting(start);
  const Made restart = add(group, "restart", "restart its containers in place", run_compose_restart);
  add_services(restart);
  add_waiting(restart);
}

void add_files(const Group& group) {
  const Made pull = add(group, "pull", "write the stack's files into a folder", run_compose_pull);
  pull.first->footer(
      "Of the project of -p, else of the compose file in DIR, else of DIR's name. Images are pulled by up.\n"
      "Example: berth compose -p shop pull ./shop");
  add_folder(pull);
  pull.first->add_flag("--overwrite", pull.second->overwrite, "also over files that are others");
  const Made push = add(group, "push", "declare the folder's files for a stack that there is", run_compose_push);
  add_folder(push);
  add_conflicts(push);
}

}  // namespace

void add_compose_commands(CommandLine& line) {
  CLI::App* compose = line.app().add_subcommand("compose", "compose files as stacks that are kept as declared");
  compose->footer(
      "Looks for compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml, and its .override, here and\n"
      "above, as docker compose does.\n"
      "Example: berth compose up");
  compose->require_subcommand(1);
  const Group group{line, *compose, add_flags(*compose)};

  const Made up = add(group, "up", "make or change the stack, and wait until all of it is ready", run_compose_up);
  up.first->footer(
      "What is left out on the command line (-e, --profile, --host-dir) is taken away; the host stays.\n"
      "--adopt needs the verb adopt on the Host; what differs is named, and left as it is.\n"
      "With SERVICE the stack is of these and what they depend on, and of those that it has already; without, of all.");
  add_services(up);
  add_adopt(up);
  add_waiting(up);
  up.first->add_option("--scale", up.second->scale, "not here: deploy.replicas in the file says how many")
      ->allow_extra_args(false);
  add_conflicts(up);
  const Made down = add(group, "down", "remove containers and networks; volumes stay", run_compose_down);
  add_waiting(down);
  down.first->add_flag("-v,--volumes", down.second->volumes, "volumes that the stack made go as well, with their data");
  const Made preview = add(group, "preview", "what each service is, and what up would do", run_compose_preview);
  preview.first->footer("Nothing is written, and no engine is called. That up starts what was stopped is not told.");
  add_services(preview);
  add_adopt(preview);
  add_output(preview);
  add_states(group);
  add_output(
      add_here(group, "config", "the file as it is read: merged, filled in, in long forms", print_compose_config));
  add_here(group, "convert", "the file as manifests of Containers, Networks and Volumes", print_compose_objects)
      .first->footer("Example: berth compose convert > shop.yaml && berth apply -f shop.yaml");
  add_files(group);
}

}  // namespace berth::cli
