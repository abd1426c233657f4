// SPDX-License-Identifier: Apache-2.0
// compose ps, stop, start
#include <algorithm>
#include <ostream>

#include "base/status.hpp"
#include "cli/compose.hpp"
#include "cli/table_printer.hpp"
#include "cli/workload.hpp"

namespace berth::cli {
namespace {

constexpr std::string_view kService = "com.docker.compose.service";

Task<Json> stack_of(Session& session, Address address) {
  Reply reply = co_await session.client.get(address.path());
  co_return std::move(reply.body);
}

// Its Containers' path with a selector, of these services or of all.
std::string containers_path(Session& session, const Json& stack, const std::vector<std::string>& services) {
  std::string selector = "com.docker.compose.project=" + std::string(base::string_at(stack, "spec.project"));
  std::string names;
  for (const std::string& service : services) names += (names.empty() ? "" : ",") + service;
  if (!names.empty()) selector += "," + std::string(kService) + " in (" + names + ")";
  return session.discovery.find("containers.berth.dev").path(session.ns) + query_of({{"labelSelector", selector}});
}

const Json* label_of(const Json& object, std::string_view label) {
  const Json* labels = base::find_path(object, "metadata.labels");
  return labels == nullptr || !labels->is_object() ? nullptr : labels->get_object().if_contains(label);
}

void check_services(const Json& containers, const std::vector<std::string>& services) {
  for (const std::string& service : services) {
    const auto& items = containers.at("items").as_array();
    const bool known = std::ranges::any_of(items, [&](const Json& container) {
      const Json* label = label_of(container, kService);
      return label != nullptr && *label == Json(service);
    });
    if (!known) throw base::bad_request("the stack has no containers of a service \"" + service + "\"");
  }
}

// With services the containers of these; else the stack, and to start it what was stopped alone.
Task<int> act_on(Session& session, ComposeOptions options, Act act) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const Json stack = co_await stack_of(session, address);
  const std::string path = containers_path(session, stack, options.words);
  const Reply containers = co_await session.client.get(path);
  check_services(containers.body, options.words);
  ActOptions doing;
  doing.act = act;
  doing.wait = options.wait;
  doing.timeout = options.timeout;
  if (options.words.empty()) doing.words.push_back(address.resource->qualified() + "/" + address.name);
  for (const Json& container : containers.body.at("items").as_array()) {
    const bool alone = act == Act::Start && base::string_at(container, "spec.desiredState") != "Running";
    if (options.words.empty() && !alone) continue;
    doing.words.push_back("containers.berth.dev/" + std::string(base::string_at(container, "metadata.name")));
  }
  co_return co_await run_act(session, std::move(doing));
}

}  // namespace

Task<int> run_compose_ps(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const Json stack = co_await stack_of(session, address);
  const std::string path = containers_path(session, stack, options.words);
  const Reply reply = co_await session.client.get(path, std::string(kTableAccept));
  std::vector<Row> rows = table_rows(reply.body.at("columnDefinitions"), reply.body, {});
  rows.front().insert(rows.front().begin() + 1, "SERVICE");
  std::size_t index = 1;
  for (const Json& entry : reply.body.at("rows").as_array()) {
    const Json* label = label_of(entry.at("object"), kService);
    Row& row = rows.at(index++);
    row.insert(row.begin() + 1, label == nullptr ? "" : std::string(label->as_string()));
  }
  session.out << lay_out(std::move(rows));
  co_return 0;
}

Task<int> run_compose_stop(Session& session, ComposeOptions options) {
  co_return co_await act_on(session, std::move(options), Act::Stop);
}

Task<int> run_compose_start(Session& session, ComposeOptions options) {
  co_return co_await act_on(session, std::move(options), Act::Start);
}

}  // namespace berth::cli
