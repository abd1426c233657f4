// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"

namespace berth::cli {
namespace {

// Types and names come from the server, by `berth __complete`; commands and flags are here.
constexpr std::string_view kBash = R"script(# bash completion for berth: source <(berth completion bash)
_berth() {
    local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} type=${COMP_WORDS[2]}
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "apply completion delete describe get version wait" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "--all --all-namespaces --context --filename --for --help --kubeconfig --namespace
            --output --recursive --selector --timeout --wait --watch" -- "$current"))
    elif [[ ${COMP_WORDS[COMP_CWORD-1]} == -f || ${COMP_WORDS[COMP_CWORD-1]} == --filename ]]; then
        COMPREPLY=($(compgen -f -- "$current"))
    elif [[ $command == completion ]]; then
        COMPREPLY=($(compgen -W "bash zsh" -- "$current"))
    elif [[ $current == */* ]]; then
        COMPREPLY=($(compgen -P "${current%%/*}/" -W "$(berth __complete names "${current%%/*}" 2>/dev/null)" -- "${current#*/}"))
    elif [ "$COMP_CWORD" = 2 ];
then COMPREPLY = ($(compgen - W "$(berth __complete types 2>/dev/null)" --"$current")) else COMPREPLY =
    ($(compgen - W "$(berth __complete names " $type " 2>/dev/null)" --"$current")) fi
}
complete -o default -F _berth berth
)script";

// zsh runs bash's function through its own bridge.
constexpr std::string_view kZsh = R"script(#compdef berth
# zsh completion for berth: source <(berth completion zsh)
autoload -U +X bashcompinit && bashcompinit
)script";

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh) + std::string(kBash);
  throw base::bad_request("completion is there for bash and zsh, not for \"" + shell + "\"");
}

Task<int> run_complete(Session& session, std::vector<std::string> words) {
  if (words.size() == 1 && words[0] == "types") {
    for (const Resource& resource : session.discovery.resources()) session.out << resource.plural << "\n";
  } else if (words.size() == 2 && words[0] == "names") {
    const Resource& resource = session.discovery.find(words[1]);
    const Reply list = co_await session.client.get(resource.path(session.ns));
    for (const Json& item : list.body.at("items").get_array()) {
      session.out << base::string_at(item, "metadata.name") << "\n";
    }
  }
  co_return 0;
}

}  // namespace berth::cli
