// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every command works with: the client, what the server serves, the namespace, and where words go.
#include <iosfwd>
#include <optional>
#include <string>

#include "cli/api_client.hpp"
#include "cli/discovery.hpp"
#include "cli/manifests.hpp"

namespace berth::cli {

struct Session {
  ApiClient client;
  Discovery discovery;
  std::string ns;        // -n, else the context's, else "default"
  std::string asked_ns;  // -n as given
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  // `out` is one: progress may be shown
};

// Opens the connection and reads what the server serves.
Task<std::unique_ptr<Session>> open_session(AccessFlags flags);

// Where one manifest belongs.
struct Address {
  const Resource* resource = nullptr;
  std::string ns;  // "" for cluster-scoped kinds
  std::string name;
  std::string label() const { return resource->label() + "/" + name; }
  std::string path() const { return resource->path(ns, name); }
};
// Throws BadRequest when a manifest's namespace is not the one that was asked for by -n, or it has no name.
Address address_of(const Session& session, const Manifest& manifest);

// Prints each on stderr as kubectl does.
void print_warnings(Session& session, const Reply& reply);

// `Error from server (NotFound): ...` for a server's answer, `error: ...` for our own.
std::string error_line(const base::Status& status);

// "?a=b&c=d", values encoded, empty values left out.
std::string query_of(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace berth::cli
