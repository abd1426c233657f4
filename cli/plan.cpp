// SPDX-License-Identifier: Apache-2.0
// plan
#include "cli/plan.hpp"

#include <ostream>

#include "base/status.hpp"
#include "cli/command_line.hpp"
#include "cli/manifest_error.hpp"
#include "cli/printable.hpp"
#include "cli/shared_flags.hpp"

namespace berth::cli {
namespace {

bool holds_items(const Json& plan, std::string_view member) {
  const Json* list = base::find_path(plan, member);
  return list != nullptr && list->is_array() && !list->get_array().empty();
}

// What a plan takes beside its object, as applied before it.
bool goes_beside(const Resource& resource) {
  const std::string& kind = resource.kind;
  if (resource.group.empty()) return kind == "Secret" || kind == "ConfigMap";
  return resource.group == "berth.dev" && (kind == "Network" || kind == "Volume");
}

// A Manifest's object and where it would be.
struct Planned {
  Address address;
  const Manifest* manifest = nullptr;
};

// What is planned, and what is told to the server beside it.
struct Parts {
  std::vector<Planned> planned;
  std::vector<Planned> beside;
};

Parts parts_of(Session& session, const std::vector<Manifest>& manifests) {
  Parts parts;
  for (const Manifest& manifest : manifests) {
    const Address address = address_of(session, manifest);
    if (has_plan(*address.resource)) {
      parts.planned.push_back({address, &manifest});
    } else if (goes_beside(*address.resource)) {
      parts.beside.push_back({address, &manifest});
    } else {
      session.err << address.label() << ": a " << address.resource->kind << " has no plan; berth diff shows it\n";
    }
  }
  if (parts.planned.empty())
    throw base::bad_request("nothing here has a plan: a Container and a ComposeStack have one");
  return parts;
}

// The object, or a List of it and of what its namespace gets beside it.
Json plan_body(const Planned& one, const std::vector<Planned>& beside) {
  base::JsonArray items{placed(*one.manifest, one.address)};
  for (const Planned& other : beside) {
    if (other.address.ns == one.address.ns) items.push_back(placed(*other.manifest, other.address));
  }
  if (items.size() == 1) return items.front();
  return base::JsonObject{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

}  // namespace

bool has_plan(const Resource& resource) {
  return resource.group == "berth.dev" && (resource.kind == "Container" || resource.kind == "ComposeStack");
}

bool plans_something(const Json& plan) {
  return holds_items(plan, "changes") || holds_items(plan, "steps") || holds_items(plan, "refused") ||
         holds_items(plan, "createdFirst");
}

Task<Json> ask_plan(Session& session, Address address, Json wanted, std::string manager) {
  const std::string path =
      address.path() + "/plan" + query_of({{"fieldManager", std::move(manager)}, {"fieldValidation", "Strict"}});
  std::string body = base::to_canonical(wanted);
  Reply reply = co_await session.client.send("POST", path, "application/json", std::move(body));
  // A stack's are in its plan.
  if (!holds_items(reply.body, "warnings")) print_warnings(session, reply);
  co_return std::move(reply.body);
}

Task<int> run_plan(Session& session, PlanOptions options) {
  const std::vector<Manifest> manifests = read_manifests(options.files, options.folders);
  const Parts parts = parts_of(session, manifests);
  int code = 0;
  for (const Planned& one : parts.planned) {
    Json wanted = plan_body(one, parts.beside);
    Json plan;
    try {
      plan = co_await ask_plan(session, one.address, std::move(wanted), options.manager);
    } catch (const base::Status& status) {
      throw manifest_error(status, *one.manifest);
    }
    if (plans_something(plan)) code = 1;
    if (!options.output.empty()) {
      print_value(session.out, plan, options.output);
      if (options.output == "yaml") session.out << "---\n";
      continue;
    }
    if (parts.planned.size() > 1) session.out << "# " << one.address.label() << "\n";
    session.out << printable(base::string_at(plan, "text"));
  }
  co_return code;
}

void add_plan_command(CommandLine& line) {
  auto [command, options] = line.add(
      line.app(), "plan", "show what an apply of Containers and ComposeStacks would do on the engine", run_plan);
  command->footer(
      "Secrets, ConfigMaps, Networks and Volumes of the same files count as applied before.\n"
      "Nothing is written, and no engine is called. Exit code: 0 nothing to do, 1 something, above 1 an error.\n"
      "Example: berth plan -f web.yaml");
  add_files(*command, options->files, options->folders)->required();
  command->add_option("--field-manager", options->manager, "the name under which the apply would manage fields")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "yaml or json: with each field before and after")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace berth::cli
