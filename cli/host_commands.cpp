// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"
#include "cli/host_remove.hpp"
#include "cli/host_trust.hpp"

namespace berth::cli {
namespace {

void add_remove(CommandLine& line, CLI::App& host) {
  auto [remove, options] = line.add(host, "rm", "delete a Host", run_host_remove);
  remove->footer(
      "A Host goes when nothing is left to be removed from its engine. With --forget nothing is removed there: its\n"
      "objects get deletionPolicy Orphan, and what runs on the engine goes on running. For a machine that is lost.\n"
      "Examples: berth host rm vm-1\n          berth host rm vm-1 --forget");
  remove->add_option("name", options->name, "name of the Host")->required();
  remove->add_flag("--forget", options->forget, "leave on the engine what is there");
  remove->add_flag("--wait,!--no-wait", options->wait, "wait until it is gone (the default)");
  remove->add_option("--timeout", options->timeout, "how long to wait; 0s is for ever");
}

}  // namespace

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
  add_remove(line, *host);
}

}  // namespace berth::cli
