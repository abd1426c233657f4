// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

struct Doomed {
  Address address;
  std::string uid;
};

std::string propagation_of(const std::string& cascade) {
  if (cascade == "background" || cascade == "true") return "Background";
  if (cascade == "foreground") return "Foreground";
  if (cascade == "orphan" || cascade == "false") return "Orphan";
  throw base::bad_request("invalid cascade value (" + cascade +
                          "): must be \"background\", \"foreground\", or \"orphan\"");
}

Task<std::vector<Address>> collect(Session& session, const DeleteOptions& options) {
  std::vector<Address> addresses;
  if (!options.files.empty()) {
    std::vector<Manifest> manifests = read_manifests(options.files, options.folders);
    for (const Manifest& manifest : manifests) addresses.push_back(address_of(session, manifest));
    co_return addresses;
  }
  const std::vector<Target> targets = read_targets(session.discovery, options.words);
  const bool named = std::all_of(targets.begin(), targets.end(), [](const Target& t) { return !t.name.empty(); });
  if (!named && !options.all && options.labels.empty()) {
    throw base::bad_request("resource(s) were provided, but no name was specified: give names, -l or --all");
  }
  if (named) {
    for (const Target& target : targets) {
      addresses.push_back({target.resource, target.resource->namespaced ? session.ns : "", target.name});
    }
    co_return addresses;
  }
  co_return co_await find_addresses(session, targets, options.all, options.all_namespaces, options.labels);
}

// The uid that was deleted: in the object while finalizers keep it, in the Status's details when it is gone.
std::string uid_of(const Json& answer) {
  const std::string_view kept = base::string_at(answer, "metadata.uid");
  return std::string(kept.empty() ? base::string_at(answer, "details.uid") : kept);
}

}  // namespace

Task<int> run_delete(Session& session, DeleteOptions options) {
  const Json body{
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", propagation_of(options.cascade)}};
  const auto limit = parse_timeout(options.timeout);
  const std::vector<Address> addresses = co_await collect(session, options);
  std::vector<Doomed> doomed;
  int code = 0;
  for (const Address& address : addresses) {
    try {
      const Reply reply =
          co_await session.client.send("DELETE", address.path(), "application/json", base::to_canonical(body));
      print_warnings(session, reply);
      session.out << address.resource->label() << " \"" << address.name << "\" deleted\n";
      session.out.flush();
      doomed.push_back({address, uid_of(reply.body)});
    } catch (const base::Status& status) {
      if (status.reason() == base::Reason::NotFound && options.ignore_not_found) continue;
      session.err << error_line(status) << "\n";
      code = 1;
    }
  }
  if (!options.wait) co_return code;
  for (const Doomed& one : doomed) {
    // A successor of the same name has another uid.
    const std::string uid = one.uid;
    const bool gone = co_await wait_until(session, one.address, limit, [uid](const Json* object) {
      return object == nullptr || base::string_at(*object, "metadata.uid") != uid;
    });
    if (!gone) {
      session.err << "error: timed out waiting for the deletion of " << one.address.label() << "\n";
      code = 1;
    }
  }
  co_return code;
}

}  // namespace berth::cli
