// SPDX-License-Identifier: Apache-2.0
#include "base/scope.hpp"
#include "cli/command_line.hpp"
#include "cli/server_queries.hpp"

namespace berth::cli {
namespace {

void add_yaml_or_json(CLI::App& command, std::string& output) {
  command.add_option("-o,--output", output, "yaml or json")->check(CLI::IsMember({"yaml", "json"}));
}

void add_explain(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "explain", "what a kind or a field of it means", run_explain);
  command->footer("Examples: berth explain container\n          berth explain container.spec.ports --recursive");
  command->add_option("field", options->path, "TYPE[.FIELD...]")->required();
  command->add_flag("--recursive", options->recursive, "the names of all fields below");
}

void add_api_resources(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "api-resources", "the types that the server has", run_api_resources);
  command->add_option("-o,--output", options->output, "wide or name")->check(CLI::IsMember({"wide", "name"}));
  command
      ->add_option_function<std::string>(
          "--api-group",
          [asked = options](const std::string& group) {
            asked->group = group;
            asked->group_asked = true;
          },
          "of this group; \"\" is the core group")
      ->expected(0, 1);
  command->add_option("--namespaced", options->namespaced, "true or false: only those in namespaces, or outside")
      ->check(CLI::IsMember({"true", "false"}));
  command->add_option("--verbs", options->verbs, "that take all these verbs")->delimiter(',')->allow_extra_args(false);
  command->add_option("--sort-by", options->sort_by, "name or kind")->check(CLI::IsMember({"name", "kind"}));
  command->add_flag("--no-headers", options->no_headers, "no line of headers");
}

void add_auth(CommandLine& line) {
  CLI::App* auth = line.app().add_subcommand("auth", "who am I, and what may I do?");
  auth->require_subcommand(1);
  auto [can_i, options] = line.add(*auth, "can-i", "may I do this? Exit code 0 for yes, 1 for no", run_can_i);
  can_i->footer(
      "Examples: berth auth can-i create containers\n          berth auth can-i get secret/web -n team --as alice\n"
      "          berth auth can-i --list");
  can_i->add_option("words", options->words, "VERB TYPE, VERB TYPE/NAME or VERB /PATH");
  can_i->add_option("--subresource", options->subresource, "of this part, such as status");
  can_i->add_flag("--list", options->list, "all that I may do in the namespace");
  can_i->add_flag("-q,--quiet", options->quiet, "the exit code only");
  can_i->add_flag("-A,--all-namespaces", options->all_namespaces, "in every namespace");
  can_i->add_flag("--no-headers", options->no_headers, "with --list: no line of headers");
  auto [who, who_options] = line.add(*auth, "whoami", "the user that the server takes me for", run_who_am_i);
  add_yaml_or_json(*who, who_options->output);
}

void add_token(CommandLine& line) {
  CLI::App* token = line.app().add_subcommand("token", "tokens of ServiceAccounts");
  token->require_subcommand(1);
  auto [create, options] = line.add(*token, "create", "a new token of a ServiceAccount", run_create_token);
  create->footer("Example: berth token create robot --duration 1h");
  create->add_option("account", options->account, "name of the ServiceAccount")->required();
  create->add_option("--duration", options->duration, "how long it lasts, such as 10m; the server decides when absent");
  create->add_option("--audience", options->audiences, "whom it is for; may be repeated")->allow_extra_args(false);
  add_yaml_or_json(*create, options->output);
}

void add_version(CommandLine& line) {
  const auto output = std::make_shared<std::string>();
  CLI::App* version = line.add_local(line.app(), "version", "the versions of client and server",
                                     [&line, output] { return base::run(run_version(line.access(), *output)); });
  add_yaml_or_json(*version, *output);
}

}  // namespace

void add_server_commands(CommandLine& line) {
  add_explain(line);
  add_api_resources(line);
  add_auth(line);
  add_token(line);
  add_version(line);
}

}  // namespace berth::cli
