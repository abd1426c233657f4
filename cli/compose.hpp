// SPDX-License-Identifier: Apache-2.0
#pragma once
// berth compose: the words of docker compose, for stacks that are kept as declared.
#include <string>
#include <vector>

#include "cli/compose_stack.hpp"
#include "cli/object_output.hpp"
#include "cli/server_apply.hpp"

namespace berth::cli {

struct ComposeOptions {
  ComposeFlags flags;
  std::vector<std::string> words;  // services, or the folder
  Conflicts conflicts = Conflicts::Refuse;
  bool wait = true;
  bool overwrite = false;
  std::string timeout = "5m";
  std::string output;  // "", yaml, json
};

Task<int> run_compose_up(Session& session, ComposeOptions options);
Task<int> run_compose_down(Session& session, ComposeOptions options);
Task<int> run_compose_ps(Session& session, ComposeOptions options);
Task<int> run_compose_stop(Session& session, ComposeOptions options);
Task<int> run_compose_start(Session& session, ComposeOptions options);
// The plan of the stack that `up` would declare, after what each service is.
Task<int> run_compose_preview(Session& session, ComposeOptions options);
Task<int> run_compose_pull(Session& session, ComposeOptions options);
Task<int> run_compose_push(Session& session, ComposeOptions options);

// Without a server; `ns` is that of -n, "" when it was not given.
int print_compose_config(const ComposeOptions& options, const std::string& ns);
int print_compose_objects(const ComposeOptions& options, const std::string& ns);

// What each service of a canonical model is: image, ports, volumes, names of variables, restart.
std::string service_cards(const Json& model);

// A line for each service of the stack whose count of ready containers is another than before.
std::vector<std::string> service_lines(const Json& before, const Json& now);

// "Progressing: Container a: is made; Container b: waits": what each is said to wait for.
std::vector<std::string> waiting_parts(std::string_view reason);

}  // namespace berth::cli
