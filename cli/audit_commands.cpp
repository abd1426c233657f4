// SPDX-License-Identifier: Apache-2.0
// audit list, export, verify
#include "base/status.hpp"
#include "cli/audit.hpp"
#include "cli/command_line.hpp"

namespace berth::cli {
namespace {

void add_filters(CLI::App* command, AuditOptions& options) {
  command->add_option("--actor", options.actor, "only of this user");
  command->add_option("--verb", options.verb, "only this verb, such as delete");
  command->add_option("--resource", options.resource, "only of this type, such as secrets or containers.berth.dev");
  command->add_option("--name", options.name, "only of the object of this name");
  command->add_option("--decision", options.decision, "allow or deny")->check(CLI::IsMember({"allow", "deny"}));
  command->add_option("--kind", options.kind, "write, read, engine or denial")
      ->check(CLI::IsMember({"write", "read", "engine", "denial"}));
  command->add_option("--since", options.since, "from this time on: 2026-01-02T03:04:05Z, or how long ago: 90m");
  command->add_option("--until", options.until, "before this time");
}

// -n narrows down only when it is given: an audit is of everything.
auto in_namespace(CommandLine& line, Task<int> (*work)(Session&, AuditOptions)) {
  return [&line, work](std::shared_ptr<AuditOptions> options) {
    options->ns = line.access().ns;
    return line.run_with_session([options, work](Session& session) { return work(session, *options); });
  };
}

void add_list(CommandLine& line, CLI::App& audit) {
  auto options = std::make_shared<AuditOptions>();
  const auto run = in_namespace(line, run_audit_list);
  CLI::App* command = line.add_local(audit, "list", "records of the audit journal, oldest first",
                                     [options, run] { return run(options); });
  command->footer("Example: berth audit list --resource secrets --since 24h");
  add_filters(command, *options);
  command->add_option("--tail", options->tail, "only the newest so many");
  command->add_option("-o,--output", options->output, "table (the default), wide or json")
      ->check(CLI::IsMember({"table", "wide", "json"}));
  command->add_flag("-w,--watch", options->watch, "then show each new one, until interrupted");
}

void add_export(CommandLine& line, CLI::App& audit) {
  auto options = std::make_shared<AuditOptions>();
  const auto run = in_namespace(line, run_audit_export);
  CLI::App* command = line.add_local(audit, "export", "records as JSON lines, which audit verify -f takes",
                                     [options, run] { return run(options); });
  command->footer("Example: berth audit export --until 2160h > audit.jsonl");
  add_filters(command, *options);
}

void add_verify(CommandLine& line, CLI::App& audit) {
  struct VerifyOptions {
    std::string file;
    std::string data_dir;
    std::string key_dir;
  };
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = line.add_local(audit, "verify", "whether the journal is as it was written", [&line, options] {
    if (!options->data_dir.empty()) {
      if (!options->file.empty()) throw base::bad_request("-f asks a server: it goes without --data-dir");
      return verify_audit_offline(options->data_dir, options->key_dir);
    }
    return line.run_with_session([file = options->file](Session& session) { return run_audit_verify(session, file); });
  });
  command->footer(
      "Asks the server for its own journal, or for what was exported from it. Names the first record that was "
      "changed,\n"
      "removed, moved, slipped in or cut off. While berthd is down: berth audit verify --data-dir /var/lib/berth");
  command->add_option("-f,--filename", options->file, "exported records, or - for standard input");
  CLI::Option* data_dir = command->add_option("--data-dir", options->data_dir, "data folder of a berthd that is down");
  command->add_option("--key-dir", options->key_dir, "its keys; default <data-dir>.keys")->needs(data_dir);
}

}  // namespace

void add_audit_commands(CommandLine& line) {
  CLI::App* audit = line.app().add_subcommand("audit", "who did what: list, export, verify");
  audit->require_subcommand(1);
  add_list(line, *audit);
  add_export(line, *audit);
  add_verify(line, *audit);
}

}  // namespace berth::cli
