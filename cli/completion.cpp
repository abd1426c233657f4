// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/status.hpp"

namespace berth::cli {
namespace {

using What = Completion::What;

// clang-format off
constexpr std::string_view kBash = R"script(# bash completion for berth: source <(berth completion bash)
_berth() {
    local IFS=$'\n' current=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=($(compgen -W "$(berth __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$current"))
}
complete -o default -F _berth berth
)script";

// zsh runs bash's function through its own bridge.
constexpr std::string_view kZsh = R"script(#compdef berth
# zsh completion for berth: source <(berth completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
)script";
// clang-format on

// Names of Containers, without their type.
bool names_containers(const std::string& command) {
  constexpr std::array<std::string_view, 9> kCommands{"start",    "stop",   "pause",   "unpause", "restart",
                                                      "redeploy", "status", "history", "undo"};
  return std::ranges::find(kCommands, command) != kCommands.end();
}

// What the arguments of a command are, in order; the last one repeats.
const std::vector<What>& arguments_of(const std::string& command) {
  static const std::vector<What> objects{What::Types, What::Names};
  static const std::vector<What> names{What::Names};
  if (names_containers(command)) return names;
  static const std::map<std::string, std::vector<What>> others{
      {"explain", {What::Types, What::Words}},
      {"can-i", {What::Words, What::Types, What::Words}},
      {"create", {What::Names, What::Words}},
      {"apply", {What::Words}},
      {"diff", {What::Words}},
      {"plan", {What::Words}},
      {"version", {What::Words}},
      {"api-resources", {What::Words}},
      {"whoami", {What::Words}},
      {"completion", {What::Words}},
  };
  const auto found = others.find(command);
  return found == others.end() ? objects : found->second;
}

std::vector<std::string> fixed_words(const std::string& command, std::size_t argument) {
  if (command == "completion" && argument == 0) return {"bash", "zsh"};
  if (command == "can-i" && argument == 0) {
    return {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"};
  }
  return {};
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

const CLI::App* subcommand_of(const CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&name](const CLI::App* command) { return command->check_name(name); });
  return found.empty() ? nullptr : found.front();
}

void add_flags(const CLI::App& app, std::vector<std::string>& words) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
}

const CLI::Option* option_of(const CLI::App* app, const std::string& word) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* option = app->get_option_no_throw(word)) return option;
  }
  return nullptr;
}

bool takes_value(const CLI::Option* option) { return option != nullptr && option->get_items_expected_max() > 0; }

Completion value_of(const CLI::Option& option) {
  for (const char* name : {"filename", "kubeconfig", "patch-file", "file", "env-file"}) {
    if (option.check_lname(name)) return {.what = What::Files};
  }
  if (option.check_lname("namespace")) return {.what = What::Names, .type = "namespaces"};
  return {};
}

}  // namespace

Completion complete(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with("-")) {
      const CLI::Option* option = option_of(command, word);
      if (!takes_value(option)) continue;
      if (i + 2 == words.size()) return value_of(*option);
      ++i;
    } else if (const CLI::App* next = subcommand_of(*command, word); next != nullptr && arguments.empty()) {
      command = next;
    } else {
      arguments.push_back(word);
    }
  }
  Completion result;
  const std::string current = words.empty() ? "" : words.back();
  if (current.starts_with("-")) {
    for (const CLI::App* one = command; one != nullptr; one = one->get_parent()) add_flags(*one, result.words);
    return result;
  }
  result.words = commands_of(*command);
  if (!result.words.empty()) return result;
  // Services stand in a file; the folders of pull and push are the shell's.
  if (command->get_parent() != nullptr && command->get_parent()->check_name("compose")) {
    const bool folder = command->check_name("pull") || command->check_name("push");
    return {.what = folder ? What::Files : What::Words};
  }
  const auto& kinds = arguments_of(command->get_name());
  result.what = kinds[std::min(arguments.size(), kinds.size() - 1)];
  if (result.what == What::Words) result.words = fixed_words(command->get_name(), arguments.size());
  const auto slash = current.find('/');
  const bool names_workloads = names_containers(command->get_name());
  if ((names_workloads || &kinds == &arguments_of("get")) && slash != std::string::npos) {
    result.what = What::Names;
    result.type = current.substr(0, slash);
    result.prefix = current.substr(0, slash + 1);
  } else if (names_workloads) {
    result.type = "containers";
  } else if (result.what == What::Names) {
    result.type = arguments.empty() ? "serviceaccounts" : arguments.front();
  }
  return result;
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh) + std::string(kBash);
  throw base::bad_request("completion is there for bash and zsh, not for \"" + shell + "\"");
}

}  // namespace berth::cli
