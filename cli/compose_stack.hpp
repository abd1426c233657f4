// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ComposeStack that a compose file and the command line stand for.
#include <optional>
#include <string>
#include <vector>

#include "cli/compose_files.hpp"
#include "cli/session.hpp"
#include "compose/model.hpp"

namespace berth::cli {

// Flags of every `berth compose` command.
struct ComposeFlags {
  std::vector<std::string> files;
  std::string project;
  std::string host;
  std::string host_dir;
  std::string env_file;
  std::vector<std::string> profiles;
  std::vector<std::string> env;  // NAME=value, or NAME for the shell's value
};

struct StackNames {
  std::string object;
  std::string project;
};
// By -p, else COMPOSE_PROJECT_NAME of the shell or .env, else `name:` of the file, else the folder's name. Throws
// BadRequest for a name that compose would not take.
StackNames names_of(const ComposeFlags& flags, const std::string& ns, const ComposeFiles& files);
// The object's name; without -p the compose file is read for it.
std::string stack_name(const ComposeFlags& flags, const std::string& ns);

// Variables of -e. Throws BadRequest for one that the shell does not have.
compose::Environment variables_of(const ComposeFlags& flags);
// Of --profile, else COMPOSE_PROFILES of the shell or .env.
std::vector<std::string> profiles_of(const ComposeFlags& flags, const ComposeFiles& files);

// A stack as it is declared from here, and as it is.
struct DeclaredStack {
  Address address;
  ComposeFiles files;
  Reading reading;
  std::optional<Json> live;
  Json wanted;                    // for server-side apply under kComposeManager
  std::vector<std::string> gone;  // services that it was of, and that the files have no more
};
inline constexpr const char* kComposeManager = "berth-compose";

Address stack_address(const Session& session, const std::string& name);
// Nothing when there is none.
Task<std::optional<Json>> find_stack(Session& session, Address address);

// The files that the flags name, else those here or above. Standard input is read but once.
ComposeFiles files_here(const ComposeFlags& flags);
// What the command line says; the host stays where the stack is. With `services` it is of these and of those that it
// is of already. Throws BadRequest for one that the file has not, or that a stack of all has not.
Task<DeclaredStack> declare_stack(Session& session, ComposeFlags flags, ComposeFiles files,
                                  std::vector<std::string> services);
// What a stack is of with those that are asked for: one of all (empty) stays so, and one of some keeps those that its
// file still has.
std::vector<std::string> services_beside(const Json& live, const std::vector<std::string>& asked,
                                         const compose::Model& model);
// The files of `folder` for a stack that there is; what else was declared by kComposeManager stays, but for services
// that have left the file. Throws NotFound, and BadRequest when all of them have.
Task<DeclaredStack> declare_files(Session& session, ComposeFlags flags, std::filesystem::path folder);
// The same of the stack as it is. One of some services is applied only as it was read.
DeclaredStack declare_again(Address address, ComposeFiles files, Json as_it_is);
// The server refuses it with a Conflict when somebody has changed the stack since it was read.
void apply_only_as_read(DeclaredStack& stack);

// The stack with the files of its folder. Pure.
Json stack_manifest(const Address& address, const ComposeFiles& files, Json spec);

// A refusal of a stack, for the person who wrote the file.
base::Status stack_error(const base::Status& status, const ComposeFiles& files);

}  // namespace berth::cli
