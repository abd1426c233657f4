// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"
#include "cli/shared_flags.hpp"

namespace berth::cli {
namespace {

void add_apply(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "apply", "make the server's objects as the manifests say", run_apply);
  command->footer("Server-side apply: fields that others manage stay theirs.\nExample: berth apply -f web.yaml --wait");
  add_files(*command, options->files, options->folders)->required();
  add_apply_flags(*command, options->manager, options->conflicts);
  add_dry_run(*command, options->result);
  add_result_output(*command, options->result);
  command->add_flag("--wait", options->wait, "wait until each object is Ready, and show what it waits for");
  command->add_option("--timeout", options->timeout, "how long --wait waits for all of them together; 0 for ever")
      ->capture_default_str();
}

void add_diff(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "diff", "show what apply would change", run_diff);
  command->footer(
      "Exit code: 0 nothing differs, 1 something does, above 1 an error.\n"
      "KUBECTL_EXTERNAL_DIFF names another program than `diff -u -N`.\nExample: berth diff -f web.yaml");
  add_files(*command, options->files, options->folders)->required();
  add_apply_flags(*command, options->manager, options->conflicts);
  command->add_flag("--show-managed-fields", options->managed_fields, "with metadata.managedFields");
}

void add_delete(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "delete", "delete objects, and wait until they are gone", run_delete);
  command->footer("Examples: berth delete -f web.yaml\n          berth delete container web");
  command->add_option("resource", options->words, "TYPE NAME..., or TYPE/NAME...");
  add_files(*command, options->files, options->folders);
  command->add_flag("--all", options->all, "every object of the type");
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "with --all or -l: in every namespace");
  command->add_option("-l,--selector", options->labels, "label selector");
  command->add_flag("--ignore-not-found", options->ignore_not_found, "an absent object is no error");
  command->add_flag("--wait,!--no-wait", options->wait, "wait until they are gone (the default)");
  command->add_option("--timeout", options->timeout, "how long to wait; 0 for as long as it takes");
  command->add_option("--cascade", options->cascade, "background, foreground or orphan");
}

}  // namespace

void add_manifest_commands(CommandLine& line) {
  add_apply(line);
  add_diff(line);
  add_delete(line);
}

}  // namespace berth::cli
