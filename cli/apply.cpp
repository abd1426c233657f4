// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/commands.hpp"
#include "cli/three_way_patch.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

constexpr int kConflictRetries = 5;

struct Applied {
  Json object;
  std::string word;  // created, configured, unchanged
};

std::string write_query(const ApplyOptions& options) {
  return query_of({{"fieldManager", "kubectl-client-side-apply"},
                   {"fieldValidation", "Strict"},
                   {"dryRun", options.dry_run == "server" ? "All" : ""}});
}

Task<std::optional<Json>> find_live(Session& session, std::string path) {
  try {
    Reply reply = co_await session.client.get(std::move(path));
    co_return std::move(reply.body);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
  }
  co_return std::nullopt;
}

Task<Applied> create_object(Session& session, const Address& address, const Json& wanted, const ApplyOptions& options) {
  const std::string path = address.resource->path(address.ns) + write_query(options);
  Reply reply = co_await session.client.send("POST", path, "application/json", base::to_canonical(wanted));
  print_warnings(session, reply);
  co_return Applied{std::move(reply.body), "created"};
}

Task<Applied> patch_object(Session& session, const Address& address, const Json& wanted, Json live,
                           const ApplyOptions& options) {
  const Json patch = three_way_merge_patch(last_applied(live), wanted, live);
  if (patch.get_object().empty()) co_return Applied{std::move(live), "unchanged"};
  const std::string path = address.path() + write_query(options);
  Reply reply = co_await session.client.send("PATCH", path, "application/merge-patch+json", base::to_canonical(patch));
  print_warnings(session, reply);
  // What a Secret takes in stringData never shows in data: the version tells whether anything changed.
  const bool same =
      base::string_at(reply.body, "metadata.resourceVersion") == base::string_at(live, "metadata.resourceVersion");
  co_return Applied{std::move(reply.body), same && options.dry_run != "server" ? "unchanged" : "configured"};
}

Task<Applied> apply_once(Session& session, const Address& address, const Json& wanted, const ApplyOptions& options) {
  std::optional<Json> live = co_await find_live(session, address.path());
  if (!live) co_return co_await create_object(session, address, wanted, options);
  co_return co_await patch_object(session, address, wanted, std::move(*live), options);
}

Task<Applied> apply_one(Session& session, const Address& address, const Json& wanted, const ApplyOptions& options) {
  for (int tries = 1;; ++tries) {
    try {
      co_return co_await apply_once(session, address, wanted, options);
    } catch (const base::Status& status) {
      // Somebody wrote, created or deleted it in between.
      const bool raced = status.reason() == base::Reason::Conflict || status.reason() == base::Reason::AlreadyExists;
      if (!raced || tries == kConflictRetries) throw;
    }
  }
}

void print_applied(Session& session, const Address& address, const Applied& applied, const ApplyOptions& options) {
  if (options.output == "name") {
    session.out << address.label() << "\n";
  } else if (options.output == "yaml") {
    session.out << base::to_yaml(applied.object) << "---\n";
  } else if (options.output == "json") {
    session.out << base::to_canonical(applied.object) << "\n";
  } else {
    session.out << address.label() << " " << applied.word << (options.dry_run == "server" ? " (server dry run)" : "")
                << "\n";
  }
  session.out.flush();
}

// Each change of what it waits for is a line; on a terminal the line is rewritten.
Task<bool> wait_ready(Session& session, Address address, std::chrono::milliseconds limit) {
  std::string last;
  const std::string label = address.label();
  const bool ready = co_await wait_until(session, std::move(address), limit, [&](const Json* object) {
    if (object == nullptr) return false;
    if (has_condition(*object, "Ready", "True")) return true;
    const std::string reason = waiting_reason(*object);
    if (reason != last) {
      session.out << (session.terminal ? "\r\033[K" : "") << label << ": " << reason << (session.terminal ? "" : "\n");
      session.out.flush();
      last = reason;
    }
    return false;
  });
  session.out << (session.terminal ? "\r\033[K" : "") << label << (ready ? " ready\n" : " not ready: " + last + "\n");
  co_return ready;
}

// Namespaces first, so that what lives in them finds them; else the order of the files.
void sort_manifests(std::vector<Manifest>& manifests) {
  const auto later = [](const Manifest& m) { return base::string_at(m.object, "kind") != "Namespace"; };
  std::vector<Manifest> rest;
  std::copy_if(manifests.begin(), manifests.end(), std::back_inserter(rest), later);
  std::erase_if(manifests, later);
  std::move(rest.begin(), rest.end(), std::back_inserter(manifests));
}

}  // namespace

Task<int> run_apply(Session& session, ApplyOptions options) {
  std::vector<Manifest> manifests = read_manifests(options.files, options.folders);
  sort_manifests(manifests);
  const auto limit = parse_timeout(options.timeout);
  int code = 0;
  std::vector<Address> waited;
  for (const Manifest& manifest : manifests) {
    try {
      const Address address = address_of(session, manifest, options.ns);
      Json wanted = manifest.object;
      if (address.resource->namespaced) base::make_path(wanted, "metadata")["namespace"] = address.ns;
      wanted = with_last_applied(std::move(wanted));
      const Applied applied = co_await apply_one(session, address, wanted, options);
      print_applied(session, address, applied, options);
      if (base::find_path(applied.object, "status.conditions") != nullptr) waited.push_back(address);
    } catch (const base::Status& status) {
      // The others are still applied, as kubectl does.
      session.err << error_line(status.reason() == base::Reason::BadRequest ? status
                                                                            : status.with_prefix(manifest.source))
                  << "\n";
      code = 1;
    }
  }
  if (options.wait && options.dry_run != "server") {
    for (const Address& address : waited) {
      if (!co_await wait_ready(session, address, limit)) code = 1;
    }
  }
  co_return code;
}

}  // namespace berth::cli
