// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/manifest_error.hpp"
#include "cli/server_apply.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

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
  const ApplyMode mode{.conflicts = options.conflicts,
                       .writing = options.result.dry() ? Writing::DryRun : Writing::Real,
                       .manager = options.manager};
  int code = 0;
  std::vector<Awaited> waited;
  for (const Manifest& manifest : manifests) {
    try {
      const Address address = address_of(session, manifest);
      Json wanted = placed(manifest, address);
      const Applied applied = co_await apply_object(session, address, std::move(wanted), mode);
      print_result(session, address, applied.after, applied.word, options.result);
      if (base::find_path(applied.after, "status.conditions") != nullptr) waited.push_back({address});
    } catch (const base::Status& status) {
      // The others are still applied, as kubectl does.
      session.err << error_line(manifest_error(status, manifest)) << "\n";
      code = 1;
    }
  }
  if (options.wait && !options.result.dry()) {
    const bool ready = co_await wait_ready(session, std::move(waited), limit);
    if (!ready) code = 1;
  }
  co_return code;
}

}  // namespace berth::cli
