// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include <unistd.h>

#include <iostream>

#include "base/http.hpp"
#include "base/status.hpp"
#include "cli/printable.hpp"

namespace berth::cli {

Task<std::unique_ptr<Session>> open_session(AccessFlags flags) {
  const Json config = merge_kubeconfigs(kubeconfig_files(flags));
  Access access = resolve_access(config, flags);
  const std::string ns = access.default_namespace;
  ApiClient client(std::move(access));
  Discovery discovery = co_await Discovery::read(client);
  co_return std::unique_ptr<Session>(new Session{std::move(client), std::move(discovery), ns, flags.ns, std::cout,
                                                 std::cerr, ::isatty(STDOUT_FILENO) == 1});
}

Address address_of(const Session& session, const Manifest& manifest) {
  Address address;
  try {
    address.resource = &session.discovery.find_kind(base::string_at(manifest.object, "apiVersion"),
                                                    base::string_at(manifest.object, "kind"));
  } catch (const base::Status& status) {
    throw base::bad_request(manifest.source + ": " + status.message());
  }
  address.name = base::string_at(manifest.object, "metadata.name");
  if (address.name.empty() && !base::string_at(manifest.object, "metadata.generateName").empty()) {
    throw base::bad_request(manifest.source + ": metadata.generateName is for create only: set metadata.name");
  }
  if (address.name.empty()) throw base::bad_request(manifest.source + ": metadata.name is not set");
  if (!address.resource->namespaced) return address;
  const std::string own(base::string_at(manifest.object, "metadata.namespace"));
  if (!session.asked_ns.empty() && !own.empty() && own != session.asked_ns) {
    throw base::bad_request(manifest.source + ": the namespace from the provided object \"" + own +
                            "\" does not match the namespace \"" + session.asked_ns + "\"");
  }
  address.ns = own.empty() ? session.ns : own;
  return address;
}

void print_warnings(Session& session, const Reply& reply) {
  for (const std::string& warning : reply.warnings) session.err << "Warning: " << warning << "\n";
}

std::string error_line(const base::Status& status) {
  if (status.reason() == base::Reason::BadRequest && status.details() == base::Details{} && !status.message().empty()) {
    return "error: " + printable(status.message());
  }
  if (status.reason() == base::Reason::Timeout || status.message().starts_with("cannot reach the server") ||
      status.message().starts_with("the server doesn't have a resource type")) {
    return "error: " + printable(status.message());
  }
  return "Error from server (" + std::string(base::to_string(status.reason())) + "): " + printable(status.message());
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    text += (text.empty() ? "?" : "&") + name + "=" + base::percent_encode(value);
  }
  return text;
}

}  // namespace berth::cli
