// SPDX-License-Identifier: Apache-2.0
#pragma once
// berth compose: the words of docker compose, for stacks that are kept as declared.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"
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
  bool volumes = false;            // of down: they go, too
  bool adopt = false;              // of up and preview: what runs of the project is taken over
  std::vector<std::string> scale;  // of up, where it is refused
  std::string timeout = "5m";
  std::string output;  // "", yaml, json
};

Task<int> run_compose_up(Session& session, ComposeOptions options);
Task<int> run_compose_down(Session& session, ComposeOptions options);
Task<int> run_compose_ps(Session& session, ComposeOptions options);
Task<int> run_compose_stop(Session& session, ComposeOptions options);
Task<int> run_compose_start(Session& session, ComposeOptions options);
Task<int> run_compose_restart(Session& session, ComposeOptions options);
// The plan of the stack that `up` would declare, after what each service is.
Task<int> run_compose_preview(Session& session, ComposeOptions options);
Task<int> run_compose_pull(Session& session, ComposeOptions options);
Task<int> run_compose_push(Session& session, ComposeOptions options);

// Applies what is declared. Nothing when that is only as it was read, and somebody has changed the stack since: it is
// read again and tried again, kMostTries times, before it is said.
Task<std::optional<Applied>> try_apply(Session& session, DeclaredStack stack, Conflicts conflicts);
inline constexpr int kMostTries = 20;  // a stack on its way writes its status often
base::Status changed_meanwhile();

// The stack with the annotation that asks for what runs of its project.
void ask_to_adopt(DeclaredStack& stack);
// What somebody else made of the project, and the stack does not ask for, on stderr. Nothing where that cannot be read,
// as without the right to: the stack's status tells it, too.
Task<void> warn_of_strangers(Session& session, DeclaredStack stack);
// Names of those among containers of the engine view that nobody manages, one-off ones left out.
std::vector<std::string> strangers_among(const base::JsonArray& containers);

// Without a server; `ns` is that of -n, "" when it was not given.
int print_compose_config(const ComposeOptions& options, const std::string& ns);
int print_compose_objects(const ComposeOptions& options, const std::string& ns);

// The model as a file again, "json" or "yaml" (""): what is no variable any more is not read as one, so $ is $$.
std::string config_text(const Json& model, const std::string& format);

// What each service of a canonical model is: image, ports, volumes, names of variables, restart.
std::string service_cards(const Json& model);

// The stack's Containers, of these services or of all. Throws BadRequest for a service that it has not.
Task<std::vector<Json>> stack_containers(Session& session, Json stack, std::vector<std::string> services);
std::vector<Json> pick_services(const Json& stack, const base::JsonArray& containers,
                                const std::vector<std::string>& services);

// "" for one that belongs to no service.
std::string service_of(const Json& container);
// Names of those that are stopped by themselves; of services, when some are named, and of what these depend on, which
// comes first.
std::vector<std::string> stopped_alone(const std::vector<Json>& containers, const std::vector<std::string>& services);

// "0/1 ready", 'waits for Container "shop-db-1" to be healthy'. What Berth itself is about to do next is not told: it
// is done before it is read.
struct ServiceState {
  std::string count;
  std::string told;
  bool operator==(const ServiceState&) const = default;
};
// By service, of a stack and the reason why it is not Ready.
std::map<std::string, ServiceState> service_states(const Json& stack, std::string_view reason);

// "Progressing: Container a: is made; Container b: waits": what each is said to wait for.
std::vector<std::string> waiting_parts(std::string_view reason);

// Whether the stack is the object's controller, by its uid: who bears its labels alone is none of its.
bool belongs_to(const Json& object, const Json& stack);

// The Volumes of a stack whose data goes with them, and names of those that were there before it.
struct StackVolumes {
  std::vector<Json> going;
  std::vector<std::string> kept;
};
StackVolumes volumes_of(const Json& stack, const base::JsonArray& volumes);

}  // namespace berth::cli
