// SPDX-License-Identifier: Apache-2.0
// `berth`: an ordinary client of the public API, with kubectl's words. Reads the command line, runs one command.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "cli/commands.hpp"

namespace {

using namespace berth;

// One command line: the flags that every command takes, and the work that was chosen.
struct CommandLine {
  CLI::App app{"berth: declare containers, and see what runs.\nReads kubeconfig: KUBECONFIG, else ~/.kube/config.",
               "berth"};
  cli::AccessFlags access;
  cli::ApplyOptions apply;
  cli::GetOptions get;
  cli::DescribeOptions describe;
  cli::DeleteOptions remove;
  cli::WaitOptions wait;
  std::string version_output;
  std::string shell;
  std::vector<std::string> complete;
  bool recursive_apply = false;
  bool recursive_delete = false;
};

template <class Run>
base::Task<int> with_session(cli::AccessFlags flags, Run run) {
  const auto session = co_await cli::open_session(std::move(flags));
  co_return co_await run(*session);
}

void add_global_flags(CommandLine& line) {
  line.app.add_option("--kubeconfig", line.access.kubeconfig, "kubeconfig file to use");
  line.app.add_option("--context", line.access.context, "context of the kubeconfig to use");
  line.app.add_option("-s,--server", line.access.server, "address of the server, over the kubeconfig's");
  line.app.add_option("--token", line.access.token, "bearer token, over the kubeconfig's");
  line.app.add_option("-n,--namespace", line.access.ns, "namespace to work in");
  line.app.fallthrough();
  line.app.require_subcommand(1);
}

void add_apply(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("apply", "make the server's objects as the manifests say");
  command->footer("Example: berth apply -f web.yaml --wait");
  command->add_option("-f,--filename", line.apply.files, "file, folder or - for standard input")->required();
  command->add_flag("-R,--recursive", line.recursive_apply, "folders with all that is below them");
  command->add_option("--dry-run", line.apply.dry_run, "none, or server: ask the server, change nothing")
      ->check(CLI::IsMember({"none", "server"}))
      ->expected(0, 1);
  command->add_option("-o,--output", line.apply.output, "name, yaml or json")
      ->check(CLI::IsMember({"name", "yaml", "json"}));
  command->add_flag("--wait", line.apply.wait, "wait until each object is Ready, and show what it waits for");
  command->add_option("--timeout", line.apply.timeout, "how long --wait waits, such as 60s");
}

void add_get(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("get", "list objects, or show one");
  command->footer(
      "Examples: berth get containers,hosts\n          berth get container/web -o yaml\n          berth get containers "
      "-w");
  command->add_option("resource", line.get.words, "TYPE[,TYPE] [NAME...], or TYPE/NAME...")->required();
  command->add_option("-o,--output", line.get.output, "wide, yaml, json or name");
  command->add_flag("-A,--all-namespaces", line.get.all_namespaces, "in every namespace");
  command->add_option("-l,--selector", line.get.labels, "label selector, such as app=web,tier!=db");
  command->add_option("--field-selector", line.get.fields, "field selector, such as metadata.name=web");
  command->add_flag("-w,--watch", line.get.watch, "then show each change, until interrupted");
  command->add_flag("--no-headers", line.get.no_headers, "no line of headers");
  command->add_flag("--ignore-not-found", line.get.ignore_not_found, "an absent object is no error");
}

void add_describe(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("describe", "show one object with its events");
  command->footer("Example: berth describe container web");
  command->add_option("resource", line.describe.words, "TYPE [NAME...], or TYPE/NAME...")->required();
  command->add_flag("-A,--all-namespaces", line.describe.all_namespaces, "in every namespace");
  command->add_option("-l,--selector", line.describe.labels, "label selector");
}

void add_delete(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("delete", "delete objects, and wait until they are gone");
  command->footer("Examples: berth delete -f web.yaml\n          berth delete container web");
  command->add_option("resource", line.remove.words, "TYPE NAME..., or TYPE/NAME...");
  command->add_option("-f,--filename", line.remove.files, "what these manifests name");
  command->add_flag("-R,--recursive", line.recursive_delete, "folders with all that is below them");
  command->add_flag("--all", line.remove.all, "every object of the type");
  command->add_flag("-A,--all-namespaces", line.remove.all_namespaces, "with --all or -l: in every namespace");
  command->add_option("-l,--selector", line.remove.labels, "label selector");
  command->add_flag("--ignore-not-found", line.remove.ignore_not_found, "an absent object is no error");
  command->add_flag("--wait,!--no-wait", line.remove.wait, "wait until they are gone (the default)");
  command->add_option("--timeout", line.remove.timeout, "how long to wait; 0 for as long as it takes");
  command->add_option("--cascade", line.remove.cascade, "background, foreground or orphan");
}

void add_wait(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("wait", "wait for a condition of objects");
  command->footer(
      "Example: berth wait --for=condition=Ready container/web --timeout=60s\n"
      "A condition that speaks of an older generation of the object does not count.");
  command->add_option("resource", line.wait.words, "TYPE NAME..., or TYPE/NAME...")->required();
  command->add_option("--for", line.wait.condition, "delete, condition=TYPE[=STATUS] or jsonpath={.a.b}=VALUE")
      ->required();
  command->add_flag("--all", line.wait.all, "every object of the type");
  command->add_flag("-A,--all-namespaces", line.wait.all_namespaces, "with --all or -l: in every namespace");
  command->add_option("-l,--selector", line.wait.labels, "label selector");
  command->add_option("--timeout", line.wait.timeout, "how long to wait, such as 60s");
}

void add_others(CommandLine& line) {
  CLI::App* version = line.app.add_subcommand("version", "the versions of client and server");
  version->add_option("-o,--output", line.version_output, "yaml or json");
  CLI::App* completion = line.app.add_subcommand("completion", "a completion script for bash or zsh");
  completion->footer("Example: source <(berth completion bash)");
  completion->add_option("shell", line.shell, "bash or zsh")->required();
  CLI::App* complete = line.app.add_subcommand("__complete", "");
  complete->group("");  // for the completion scripts
  complete->add_option("words", line.complete, "");
}

int run_command(CommandLine& line) {
  if (line.recursive_apply) line.apply.folders = cli::Folders::Recursive;
  if (line.recursive_delete) line.remove.folders = cli::Folders::Recursive;
  line.apply.ns = line.remove.ns = line.access.ns;
  const auto chosen = [&line](const char* name) { return line.app.got_subcommand(name); };
  const auto run = [&line](auto command, auto& options) {
    return base::run(with_session(line.access, [&](cli::Session& session) { return command(session, options); }));
  };
  if (chosen("apply")) return run(cli::run_apply, line.apply);
  if (chosen("get")) return run(cli::run_get, line.get);
  if (chosen("describe")) return run(cli::run_describe, line.describe);
  if (chosen("delete")) return run(cli::run_delete, line.remove);
  if (chosen("wait")) return run(cli::run_wait, line.wait);
  if (chosen("version")) return base::run(cli::run_version(line.access, line.version_output));
  if (chosen("__complete")) return run(cli::run_complete, line.complete);
  std::cout << cli::completion_script(line.shell);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  CommandLine line;
  add_global_flags(line);
  add_apply(line);
  add_get(line);
  add_describe(line);
  add_delete(line);
  add_wait(line);
  add_others(line);
  if (argc == 1) {
    std::cout << line.app.help();
    return 0;
  }
  try {
    line.app.parse(argc, argv);
    return run_command(line);
  } catch (const CLI::Success& e) {
    return line.app.exit(e);
  } catch (const CLI::ParseError& e) {
    std::cerr << "error: " << e.what() << "\nSee 'berth --help' for usage.\n";
    return 1;
  } catch (const base::Status& status) {
    std::cerr << cli::error_line(status) << "\n";
    return 1;
  }
}
