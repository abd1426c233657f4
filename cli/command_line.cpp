// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <iostream>

#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::cli {
namespace {

Task<int> with_session(AccessFlags flags, std::function<Task<int>(Session&)> work) {
  const auto session = co_await open_session(std::move(flags));
  co_return co_await work(*session);
}

}  // namespace

CommandLine::CommandLine()
    : app_("berth: declare containers, and see what runs.\nReads kubeconfig: KUBECONFIG, else ~/.kube/config.",
           "berth") {
  add_global_flags();
  add_manifest_commands(*this);
  add_object_commands(*this);
  add_server_commands(*this);
  add_workload_commands(*this);
  add_host_commands(*this);
  add_audit_commands(*this);
  add_image_commands(*this);
  add_key_commands(*this);
  add_adopt_command(*this);
  add_plan_command(*this);
  add_compose_commands(*this);
  add_completion(*this);
}

void CommandLine::add_global_flags() {
  app_.add_option("--kubeconfig", access_.kubeconfig, "kubeconfig file to use");
  app_.add_option("--context", access_.context, "context of the kubeconfig to use");
  app_.add_option("-s,--server", access_.server, "address of the server, over the kubeconfig's");
  app_.add_option("--token", access_.token, "bearer token, in place of the kubeconfig's credentials");
  app_.add_option("--as", access_.as, "user to act as; system:serviceaccount:NAMESPACE:NAME for a ServiceAccount");
  app_.add_option("--as-group", access_.as_groups, "group to act as, with --as; may be repeated")
      ->allow_extra_args(false);
  app_.add_option("--as-uid", access_.as_uid, "uid to act as, with --as");
  app_.add_option("--request-timeout", access_.request_timeout, "limit of one request, such as 30s; 0 for none");
  app_.add_option("-n,--namespace", access_.ns, "namespace to work in");
  app_.fallthrough();
  app_.require_subcommand(1);
}

CLI::App* CommandLine::add_local(CLI::App& parent, const std::string& name, const std::string& help,
                                 std::function<int()> work) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([this, work = std::move(work)] { chosen_ = work; });
  return command;
}

int CommandLine::run_with_session(std::function<Task<int>(Session&)> work) {
  return base::run(with_session(access_, std::move(work)));
}

// A word that is no command is what stands in the way, and not that a command is missing.
std::string CommandLine::explain(const CLI::ParseError& error) const {
  const std::string text = error.what();
  if (text.find("subcommand is required") == std::string::npos) return text;
  for (const std::string& word : app_.remaining(true)) {
    if (!word.starts_with('-')) return "unknown command \"" + word + "\"";
  }
  return text;
}

// Of `diff` and `plan`, 1 says that there is something to do.
int CommandLine::failure_code() const { return app_.got_subcommand("diff") || app_.got_subcommand("plan") ? 2 : 1; }

int CommandLine::run(int argc, const char* const* argv) {
  if (argc <= 1) {
    std::cout << app_.help();
    return 0;
  }
  try {
    app_.parse(argc, argv);
    return chosen_();
  } catch (const CLI::Success& e) {
    return app_.exit(e);
  } catch (const CLI::ParseError& e) {
    std::cerr << "error: " << explain(e) << "\nSee 'berth --help' for usage.\n";
    return failure_code();
  } catch (const base::Status& status) {
    std::cout.flush();
    std::cerr << error_line(status) << "\n";
    return failure_code();
  }
}

}  // namespace berth::cli
