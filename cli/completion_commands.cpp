// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command_line.hpp"
#include "cli/completion.hpp"

namespace berth::cli {
namespace {

Task<int> print_from_server(Session& session, Completion asked) {
  if (asked.what == Completion::What::Types) {
    for (const Resource& resource : session.discovery.resources()) session.out << resource.plural << "\n";
    co_return 0;
  }
  const Resource& resource = session.discovery.find(asked.type);
  const Reply list = co_await session.client.get(resource.path(session.ns));
  for (const Json& item : list.body.at("items").as_array()) {
    session.out << asked.prefix << base::string_at(item, "metadata.name") << "\n";
  }
  co_return 0;
}

// The words come after `--`, so that none is taken for a flag of this run; those that say which server and namespace
// count all the same.
int print_completion(CommandLine& line, const std::vector<std::string>& words) {
  const Completion asked = complete(line.app(), words);
  if (asked.what == Completion::What::Files) return 0;
  for (const std::string& word : asked.words) std::cout << word << "\n";
  if (asked.what == Completion::What::Words) return 0;
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    if (words[i] == "-n" || words[i] == "--namespace") line.access().ns = words[i + 1];
    if (words[i] == "--context") line.access().context = words[i + 1];
    if (words[i] == "--kubeconfig") line.access().kubeconfig = words[i + 1];
  }
  return line.run_with_session([asked](Session& session) { return print_from_server(session, asked); });
}

}  // namespace

void add_completion(CommandLine& line) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* script = line.add_local(line.app(), "completion", "a completion script for bash or zsh", [shell] {
    std::cout << completion_script(*shell);
    return 0;
  });
  script->footer("Example: source <(berth completion bash)");
  script->add_option("shell", *shell, "bash or zsh")->required();
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* next =
      line.add_local(line.app(), "__complete", "", [&line, words] { return print_completion(line, *words); });
  next->group("");  // for the scripts
  next->add_option("words", *words, "");
}

}  // namespace berth::cli
