// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include <unistd.h>

#include <charconv>
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
  co_return std::unique_ptr<Session>(
      new Session{std::move(client), std::move(discovery), ns, std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1});
}

Address address_of(const Session& session, const Manifest& manifest, const std::string& asked_ns) {
  Address address;
  try {
    address.resource = &session.discovery.find_kind(base::string_at(manifest.object, "apiVersion"),
                                                    base::string_at(manifest.object, "kind"));
  } catch (const base::Status& status) {
    throw base::bad_request(manifest.source + ": " + status.message());
  }
  address.name = base::string_at(manifest.object, "metadata.name");
  if (address.name.empty()) throw base::bad_request(manifest.source + ": metadata.name is not set");
  if (!address.resource->namespaced) return address;
  const std::string own(base::string_at(manifest.object, "metadata.namespace"));
  if (!asked_ns.empty() && !own.empty() && own != asked_ns) {
    throw base::bad_request(manifest.source + ": the namespace from the provided object \"" + own +
                            "\" does not match the namespace \"" + asked_ns + "\"");
  }
  address.ns = own.empty() ? session.ns : own;
  return address;
}

void print_warnings(Session& session, const Reply& reply) {
  for (const std::string& warning : reply.warnings) session.err << "Warning: " << warning << "\n";
}

std::chrono::milliseconds parse_timeout(const std::string& text) {
  // Go's durations are what kubectl users write; a bare number is seconds.
  std::chrono::milliseconds total{0};
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  while (at != end) {
    double number = 0;
    const auto [rest, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) throw base::bad_request("\"" + text + "\" is no duration such as 30s or 5m");
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    double factor = 1000;
    at = rest;
    if (unit.starts_with("ms")) {
      factor = 1, at += 2;
    } else if (unit.starts_with("s")) {
      at += 1;
    } else if (unit.starts_with("m")) {
      factor = 60'000, at += 1;
    } else if (unit.starts_with("h")) {
      factor = 3'600'000, at += 1;
    } else if (!unit.empty()) {
      throw base::bad_request("\"" + text + "\" is no duration such as 30s or 5m");
    }
    total += std::chrono::milliseconds(static_cast<std::int64_t>(number * factor));
  }
  return negative || total.count() == 0 ? std::chrono::milliseconds(std::chrono::hours(24 * 365)) : total;
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
