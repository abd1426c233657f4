// SPDX-License-Identifier: Apache-2.0
// start, stop, pause, unpause, restart, redeploy; rollout status, history, undo
#include "cli/command_line.hpp"
#include "cli/shared_flags.hpp"
#include "cli/workload.hpp"

namespace berth::cli {
namespace {

constexpr const char* kNames = "NAME... of Containers, TYPE NAME..., or TYPE/NAME...";

void add_act(CommandLine& line, Act act, const char* name, const char* help, const char* footer) {
  auto [command, options] = line.add(line.app(), name, help, run_act);
  options->act = act;
  command->footer(footer);
  command->add_option("names", options->words, kNames)->required();
  command->add_flag("--wait", options->wait, "until it is Ready");
  command->add_option("--timeout", options->timeout, "how long --wait waits for all of them together; 0 for ever")
      ->capture_default_str();
  if (act == Act::Stop) {
    command->add_option("--stop-timeout", options->stop_timeout,
                        "seconds from the signal to the kill, for the next stop");
    command->add_option("--signal", options->stop_signal, "signal of the next stop, such as SIGINT");
  }
  add_dry_run(*command, options->result);
  add_result_output(*command, options->result);
}

void add_rollout(CommandLine& line) {
  CLI::App* rollout = line.app().add_subcommand("rollout", "updates of workloads: status, history, undo");
  rollout->require_subcommand(1);

  auto [status, watched] = line.add(*rollout, "status", "wait until what is declared is so", run_rollout_status);
  status->footer("Exit code 1 with the reason when it was rolled back, or cannot come about.");
  status->add_option("names", watched->words, kNames)->required();
  status->add_option("--timeout", watched->timeout, "for all of them together; 0 for ever")->capture_default_str();

  auto [history, shown] = line.add(*rollout, "history", "the last ten specs of a Container", run_rollout_history);
  history->add_option("names", shown->words, kNames)->required();
  history->add_option("--revision", shown->revision, "show this one, whole");
  history->add_option("-o,--output", shown->output, "yaml or json")->check(CLI::IsMember({"yaml", "json"}));

  auto [undo, back] = line.add(*rollout, "undo", "declare an earlier spec again", run_rollout_undo);
  undo->footer("What it does (desiredState, suspend) stays as it is.");
  undo->add_option("names", back->words, kNames)->required();
  undo->add_option("--to-revision", back->revision,
                   "the number of one; without it, the newest that is another and was Ready");
  add_dry_run(*undo, back->result);
  add_result_output(*undo, back->result);
}

}  // namespace

void add_workload_commands(CommandLine& line) {
  add_act(line, Act::Start, "start", "have workloads run", "Sets spec.desiredState to Running.");
  add_act(line, Act::Stop, "stop", "have workloads stopped",
          "Sets spec.desiredState to Stopped; nothing starts them again.");
  add_act(line, Act::Pause, "pause", "have Containers paused", "Sets spec.desiredState to Paused.");
  add_act(line, Act::Unpause, "unpause", "have Containers run on", "Sets spec.desiredState to Running.");
  add_act(line, Act::Restart, "restart", "restart Containers in place, once",
          "Sets the annotation berth.dev/restartedAt to the present time.");
  add_act(line, Act::Redeploy, "redeploy", "resolve and pull the image anew; replace the Container if it is another",
          "Sets the annotation berth.dev/redeployedAt to the present time.");
  add_rollout(line);
}

}  // namespace berth::cli
