// SPDX-License-Identifier: Apache-2.0
#include "cli/host_remove.hpp"

#include <ostream>

#include "base/status.hpp"
#include "cli/duration.hpp"
#include "cli/printable.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

constexpr const char* kGroupVersion = "berth.dev/v1";

// A stack is no object of an engine, and what it stands for is.
bool is_held_for(const Json& object, const std::string& host) {
  const std::string_view policy = base::string_at(object, "spec.deletionPolicy");
  return base::string_at(object, "spec.host") == host && !policy.empty() && policy != "Orphan";
}

Task<void> forget_one(Session& session, Address address) {
  const std::string path = address.path() + query_of({{"fieldManager", "berth-forget"}});
  bool gone = false;
  try {
    const Reply reply = co_await session.client.send("PATCH", path, "application/merge-patch+json",
                                                     R"({"spec":{"deletionPolicy":"Orphan"}})");
    print_warnings(session, reply);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
    gone = true;
  }
  if (!gone) session.out << address.label() << " forgotten\n";
}

Task<void> forget_all(Session& session, std::string host) {
  for (const Resource& resource : session.discovery.resources()) {
    if (resource.api_version() != kGroupVersion || !resource.namespaced) continue;
    const Reply list = co_await session.client.get(resource.path(""));
    for (const Json& item : list.body.at("items").as_array()) {
      if (!is_held_for(item, host)) continue;
      co_await forget_one(session, {&resource, std::string(base::string_at(item, "metadata.namespace")),
                                    std::string(base::string_at(item, "metadata.name"))});
    }
  }
}

std::string use_of(const Json& host) {
  const Json* conditions = base::find_path(host, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return "";
  for (const Json& each : conditions->get_array()) {
    if (base::string_at(each, "type") == "InUse") return std::string(base::string_at(each, "message"));
  }
  return "";
}

}  // namespace

Task<int> run_host_remove(Session& session, HostRemoveOptions options) {
  const auto limit = parse_timeout(options.timeout);
  const Resource& hosts = session.discovery.find_kind(kGroupVersion, "Host");
  const Address address{&hosts, "", options.name};
  // First, so that nothing new comes while the rest is forgotten.
  const Reply reply = co_await session.client.send("DELETE", address.path(), "application/json", "");
  print_warnings(session, reply);
  session.out << hosts.label() << " \"" << options.name << "\" deleted\n" << std::flush;
  if (options.forget) co_await forget_all(session, options.name);
  if (!options.wait) co_return 0;
  const std::string_view kept = base::string_at(reply.body, "metadata.uid");
  const std::string uid(kept.empty() ? base::string_at(reply.body, "details.uid") : kept);
  std::string said;
  const auto is_gone = [&](const Json* object) {
    if (object == nullptr || base::string_at(*object, "metadata.uid") != uid) return true;
    const std::string use = use_of(*object);
    if (!options.forget && !use.empty() && use != said) session.err << "waiting: " << printable(use) << "\n";
    said = use;
    return false;
  };
  const bool gone = co_await wait_until(session, address, limit, is_gone);
  if (gone) co_return 0;
  session.err << "error: timed out waiting for the deletion of " << address.label() << "\n";
  co_return 1;
}

}  // namespace berth::cli
