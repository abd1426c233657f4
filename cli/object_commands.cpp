// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"
#include "cli/shared_flags.hpp"

namespace berth::cli {
namespace {

void add_get(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "get", "list objects, or show one", run_get);
  command->footer(
      "Examples: berth get containers,hosts\n          berth get container/web -o yaml\n          berth get containers "
      "-w");
  command->add_option("resource", options->words, "TYPE[,TYPE] [NAME...], or TYPE/NAME...")->required();
  command->add_option("-o,--output", options->output, "wide, yaml, json or name");
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "in every namespace");
  command->add_option("-l,--selector", options->labels, "label selector, such as app=web,tier!=db");
  command->add_option("--field-selector", options->fields, "field selector, such as metadata.name=web");
  command->add_flag("-w,--watch", options->watch, "then show each change, until interrupted");
  command->add_flag("--no-headers", options->no_headers, "no line of headers");
  command->add_flag("--ignore-not-found", options->ignore_not_found, "an absent object is no error");
  command->add_flag("--show-managed-fields", options->managed_fields, "with metadata.managedFields");
}

void add_describe(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "describe", "show one object with its events", run_describe);
  command->footer("Example: berth describe container web");
  command->add_option("resource", options->words, "TYPE [NAME...], or TYPE/NAME...")->required();
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "in every namespace");
  command->add_option("-l,--selector", options->labels, "label selector");
}

void add_wait(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "wait", "wait for a condition of objects", run_wait);
  command->footer(
      "Example: berth wait --for=condition=Ready container/web --timeout=60s\n"
      "A condition that speaks of an older generation of the object does not count.");
  command->add_option("resource", options->words, "TYPE NAME..., or TYPE/NAME...")->required();
  command->add_option("--for", options->condition, "delete, condition=TYPE[=STATUS] or jsonpath={.a.b}=VALUE")
      ->required();
  command->add_flag("--all", options->all, "every object of the type");
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "with --all or -l: in every namespace");
  command->add_option("-l,--selector", options->labels, "label selector");
  command->add_option("--timeout", options->timeout, "how long to wait for all of them together; 0 for ever")
      ->capture_default_str();
}

void add_edit(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "edit", "change objects in an editor", run_edit);
  command->footer(
      "The editor is KUBE_EDITOR, else EDITOR, else vi. What the server refuses is opened again, with the reasons.\n"
      "Example: berth edit container web");
  command->add_option("resource", options->words, "TYPE [NAME...], or TYPE/NAME...")->required();
  add_result_output(*command, options->result);
}

void add_change_keys(CommandLine& line, KeyMap map) {
  const bool labels = map == KeyMap::Labels;
  const std::string name = labels ? "label" : "annotate";
  auto [command, options] =
      line.add(line.app(), name, labels ? "set and remove labels" : "set and remove annotations", run_change_keys);
  options->map = map;
  command->footer("Examples: berth " + name + " container web tier=front old-\n          berth " + name +
                  " containers --all tier=front --overwrite");
  command->add_option("words", options->words, "TYPE NAME... or TYPE/NAME..., then KEY=VALUE to set and KEY- to remove")
      ->required();
  command->add_flag("--overwrite", options->overwrite, "replace a value that is there");
  command->add_flag("--list", options->list, "print them all, KEY=VALUE, after the change");
  command->add_flag("--all", options->all, "every object of the type");
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "with --all or -l: in every namespace");
  command->add_option("-l,--selector", options->labels, "label selector");
  command->add_option("--resource-version", options->resource_version, "only when the object is at this version");
  add_dry_run(*command, options->result);
  add_result_output(*command, options->result);
}

void add_patch(CommandLine& line) {
  auto [command, options] = line.add(line.app(), "patch", "change fields of objects", run_patch);
  command->footer(
      "Without --type, a strategic merge patch for the kinds that take one, and a merge patch for the others.\n"
      "Examples: berth patch container web -p '{\"spec\": {\"desiredState\": \"Stopped\"}}'\n"
      "          berth patch container web --type json -p '[{\"op\": \"remove\", \"path\": \"/spec/env\"}]'");
  command->add_option("resource", options->words, "TYPE NAME..., or TYPE/NAME...")->required();
  command->add_option("--type", options->type, "strategic, merge or json")
      ->check(CLI::IsMember({"strategic", "merge", "json"}));
  command->add_option("-p,--patch", options->patch, "the patch, JSON or YAML");
  command->add_option("--patch-file", options->patch_file, "a file that holds it");
  command->add_option("--subresource", options->subresource, "patch this part, such as status");
  add_dry_run(*command, options->result);
  add_result_output(*command, options->result);
}

}  // namespace

void add_object_commands(CommandLine& line) {
  add_get(line);
  add_describe(line);
  add_wait(line);
  add_edit(line);
  add_change_keys(line, KeyMap::Labels);
  add_change_keys(line, KeyMap::Annotations);
  add_patch(line);
}

}  // namespace berth::cli
