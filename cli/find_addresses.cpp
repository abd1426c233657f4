// SPDX-License-Identifier: Apache-2.0
#include "base/status.hpp"
#include "cli/commands.hpp"

namespace berth::cli {
namespace {

Task<void> add_all(Session& session, const Resource& resource, std::string ns, std::string labels,
                   std::vector<Address>& addresses) {
  const std::string path = resource.path(ns) + query_of({{"labelSelector", labels}});
  const Reply list = co_await session.client.get(path);
  for (const Json& item : list.body.at("items").get_array()) {
    addresses.push_back({&resource, std::string(base::string_at(item, "metadata.namespace")),
                         std::string(base::string_at(item, "metadata.name"))});
  }
}

}  // namespace

Task<std::vector<Address>> find_addresses(Session& session, std::vector<Target> targets, bool all, bool all_namespaces,
                                          std::string labels) {
  std::vector<Address> addresses;
  for (const Target& target : targets) {
    if (target.name.empty()) {
      if (!all && labels.empty()) throw base::bad_request("give names, -l or --all");
      co_await add_all(session, *target.resource, all_namespaces ? "" : session.ns, labels, addresses);
      continue;
    }
    Address address{target.resource, target.resource->namespaced ? session.ns : "", target.name};
    co_await session.client.get(address.path());  // throws NotFound in the server's words
    addresses.push_back(std::move(address));
  }
  co_return addresses;
}

}  // namespace berth::cli
