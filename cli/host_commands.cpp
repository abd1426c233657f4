// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"
#include "cli/host_trust.hpp"

namespace berth::cli {

void add_host_commands(CommandLine& line) {
  CLI::App* host = line.app().add_subcommand("host", "what is particular to hosts");
  host->require_subcommand(1);
  auto [trust, options] = line.add(*host, "trust", "pin the host key that a Host's SSH server shows", run_host_trust);
  trust->footer(
      "Shows the key's fingerprint first, and asks. Compare it with what the machine itself says:\n"
      "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n"
      "Examples: berth host trust vm-1\n          berth host trust vm-1 --known-hosts ~/.ssh/known_hosts");
  trust->add_option("name", options->name, "name of the Host")->required();
  trust->add_option("--known-hosts", options->known_hosts,
                    "pin what this file has for the server and its jumps, not what the server shows");
  trust->add_flag("--replace", options->replace, "in place of the keys that are pinned already");
  trust->add_flag("-y,--yes", options->yes, "do not ask");
}

}  // namespace berth::cli
