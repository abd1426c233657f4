// SPDX-License-Identifier: Apache-2.0
// key rotate
#include <ostream>

#include "cli/command_line.hpp"
#include "cli/session.hpp"

namespace berth::cli {
namespace {

Task<int> run_key_rotate(Session& session) {
  const Reply reply = co_await session.client.send("POST", "/keyring/rotate", "application/json", "{}");
  const bool resumed = base::bool_at(reply.body, "resumed");
  session.out << (resumed ? "went on with key " : "made key ") << base::string_at(reply.body, "key") << ": "
              << base::int_at(reply.body, "rewrapped") << " sealed values rewrapped\n";
  co_return 0;
}

}  // namespace

void add_key_commands(CommandLine& line) {
  CLI::App* key = line.app().add_subcommand("key", "the keys that Secrets are sealed with: rotate");
  key->require_subcommand(1);
  CLI::App* rotate = line.add_local(*key, "rotate", "makes another key, and seals what is stored anew under it",
                                    [&line] { return line.run_with_session(run_key_rotate); });
  rotate->footer(
      "The server goes on serving. A rotation that was interrupted is gone on with by the next start, or the next "
      "one.\n"
      "Older keys leave the ring once no version that is kept for lists and watches is sealed with them, some 20\n"
      "minutes later; an older backup opens only with the ring of its time.");
}

}  // namespace berth::cli
