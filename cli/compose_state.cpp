// SPDX-License-Identifier: Apache-2.0
// compose ps, stop, start, restart
#include <algorithm>
#include <ostream>
#include <set>

#include "base/status.hpp"
#include "cli/compose.hpp"
#include "cli/table_printer.hpp"
#include "cli/workload.hpp"

namespace berth::cli {
namespace {

constexpr std::string_view kService = "com.docker.compose.service";
const std::string kContainer = "containers.berth.dev/";

Task<Json> stack_of(Session& session, Address address) {
  Reply reply = co_await session.client.get(address.path());
  co_return std::move(reply.body);
}

std::string text_at(const Json& value, std::string_view path) { return std::string(base::string_at(value, path)); }

// Its Containers' path with a selector, of these services or of all.
std::string containers_path(Session& session, const Json& stack, const std::vector<std::string>& services) {
  std::string selector = "com.docker.compose.project=" + text_at(stack, "spec.project");
  std::string names;
  for (const std::string& service : services) names += (names.empty() ? "" : ",") + service;
  if (!names.empty()) selector += "," + std::string(kService) + " in (" + names + ")";
  return session.discovery.find("containers.berth.dev").path(session.ns) + query_of({{"labelSelector", selector}});
}

bool runs(const Json& object) { return text_at(object, "spec.desiredState") == "Running"; }

ActOptions act_options(const ComposeOptions& options, Act act) {
  ActOptions doing;
  doing.act = act;
  doing.wait = options.wait;
  doing.timeout = options.timeout;
  return doing;
}

}  // namespace

std::string service_of(const Json& container) {
  const Json* labels = base::find_path(container, "metadata.labels");
  const Json* label = labels == nullptr || !labels->is_object() ? nullptr : labels->get_object().if_contains(kService);
  return label == nullptr || !label->is_string() ? "" : std::string(label->get_string());
}

bool belongs_to(const Json& object, const Json& stack) {
  const std::string_view uid = base::string_at(stack, "metadata.uid");
  const Json* owners = base::find_path(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array()) return false;
  return std::ranges::any_of(owners->get_array(), [uid](const Json& owner) {
    return base::bool_at(owner, "controller") && base::string_at(owner, "uid") == uid;
  });
}

std::vector<Json> pick_services(const Json& stack, const base::JsonArray& containers,
                                const std::vector<std::string>& services) {
  std::set<std::string> known;
  for (const Json& container : containers) {
    if (belongs_to(container, stack)) known.insert(service_of(container));
  }
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  for (const std::string& service : services) {
    if (!known.contains(service)) {
      throw base::bad_request("no such service: " + service +
                              (names.empty() ? "; the stack has no containers" : "; the stack has " + names));
    }
  }
  std::vector<Json> picked;
  for (const Json& container : containers) {
    if (!belongs_to(container, stack)) continue;
    const bool named = std::ranges::find(services, service_of(container)) != services.end();
    if (services.empty() || named) picked.push_back(container);
  }
  return picked;
}

Task<std::vector<Json>> stack_containers(Session& session, Json stack, std::vector<std::string> services) {
  const std::string path = containers_path(session, stack, {});
  const Reply reply = co_await session.client.get(path);
  co_return pick_services(stack, reply.body.at("items").as_array(), services);
}

Task<int> run_compose_ps(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const Json stack = co_await stack_of(session, address);
  if (!options.words.empty()) (void)co_await stack_containers(session, stack, options.words);
  const std::string path = containers_path(session, stack, options.words);
  Reply reply = co_await session.client.get(path, std::string(kTableAccept));
  base::JsonArray own;
  for (Json& entry : reply.body.at("rows").as_array()) {
    if (belongs_to(entry.at("object"), stack)) own.push_back(std::move(entry));
  }
  reply.body.as_object()["rows"] = std::move(own);
  std::vector<Row> rows = table_rows(reply.body.at("columnDefinitions"), reply.body, {});
  rows.front().insert(rows.front().begin() + 1, "SERVICE");
  std::size_t index = 1;
  for (const Json& entry : reply.body.at("rows").as_array()) {
    Row& row = rows.at(index++);
    row.insert(row.begin() + 1, service_of(entry.at("object")));
  }
  session.out << lay_out(std::move(rows));
  co_return 0;
}

// The containers of the services that are named, else the stack.
Task<int> run_compose_stop(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  ActOptions doing = act_options(options, Act::Stop);
  if (options.words.empty()) {
    doing.words.push_back(address.resource->qualified() + "/" + address.name);
    co_return co_await run_act(session, std::move(doing));
  }
  const Json stack = co_await stack_of(session, address);
  const std::vector<Json> containers = co_await stack_containers(session, stack, options.words);
  for (const Json& container : containers) doing.words.push_back(kContainer + text_at(container, "metadata.name"));
  co_return co_await run_act(session, std::move(doing));
}

// In place, whatever depends on them, as docker compose does.
Task<int> run_compose_restart(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const Json stack = co_await stack_of(session, address);
  if (!runs(stack)) throw base::bad_request("the stack does not run: berth compose start starts it");
  ActOptions doing = act_options(options, Act::Restart);
  const std::vector<Json> containers = co_await stack_containers(session, stack, options.words);
  for (const Json& container : containers) {
    const std::string name = text_at(container, "metadata.name");
    if (runs(container)) {
      doing.words.push_back(kContainer + name);
    } else {
      session.err << "Warning: container.berth.dev/" << name << " does not run: berth compose start "
                  << service_of(container) << " starts it\n";
    }
  }
  if (doing.words.empty()) co_return containers.empty() ? 0 : 1;
  co_return co_await run_act(session, std::move(doing));
}

// The services that are named and what they depend on; else the stack, and what was stopped alone.
Task<int> run_compose_start(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const Json stack = co_await stack_of(session, address);
  if (!options.words.empty() && !runs(stack)) {
    const std::string state = text_at(stack, "spec.desiredState") == "Paused" ? "paused" : "stopped";
    throw base::bad_request("the stack is " + state +
                            ", and each of its containers with it: berth compose start starts it");
  }
  const std::vector<Json> named = co_await stack_containers(session, stack, options.words);
  const std::vector<Json> all = co_await stack_containers(session, stack, {});
  ActOptions doing = act_options(options, Act::Start);
  if (options.words.empty()) doing.words.push_back(address.resource->qualified() + "/" + address.name);
  for (const std::string& name : stopped_alone(all, options.words)) doing.words.push_back(kContainer + name);
  for (const Json& container : named) {
    if (!options.words.empty() && runs(container))
      doing.words.push_back(kContainer + text_at(container, "metadata.name"));
  }
  co_return co_await run_act(session, std::move(doing));
}

}  // namespace berth::cli
