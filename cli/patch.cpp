// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/commands.hpp"
#include "cli/temporary_folder.hpp"

namespace berth::cli {
namespace {

std::string content_type(const std::string& type) {
  if (type == "merge") return "application/merge-patch+json";
  if (type == "json") return "application/json-patch+json";
  return "application/strategic-merge-patch+json";
}

// YAML is taken, too; what is sent is JSON.
std::string patch_body(const PatchOptions& options) {
  if (options.patch.empty() == options.patch_file.empty()) {
    throw base::bad_request("give the patch by --patch or by --patch-file");
  }
  try {
    const std::string text = options.patch_file.empty() ? options.patch : read_text(options.patch_file);
    return base::to_canonical(base::parse_one_yaml(text).value);
  } catch (const base::Status& status) {
    throw base::bad_request("unable to parse the patch: " + status.message());
  }
}

Task<Reply> send_patch(Session& session, std::string path, std::string type, std::string body) {
  bool retry = false;
  try {
    std::string form = content_type(type);
    co_return co_await session.client.send("PATCH", path, std::move(form), body);
  } catch (const base::Status& status) {
    retry = type.empty() && status.reason() == base::Reason::UnsupportedMediaType;
    if (!retry) throw;
  }
  // Strategic merge patch is for the built-in kinds only, as upstream has it.
  std::string form = content_type("merge");
  co_return co_await session.client.send("PATCH", path, std::move(form), std::move(body));
}

}  // namespace

Task<int> run_patch(Session& session, PatchOptions options) {
  const std::string body = patch_body(options);
  const std::vector<Target> targets = read_targets(session.discovery, options.words);
  const std::vector<Address> addresses = co_await find_addresses(session, targets, false, false, "");
  for (const Address& address : addresses) {
    const std::string item = address.path() + (options.subresource.empty() ? "" : "/" + options.subresource);
    const Reply before = co_await session.client.get(address.path());
    const std::string path =
        item + query_of({{"fieldManager", "berth-patch"}, {"dryRun", options.result.dry_parameter()}});
    const Reply reply = co_await send_patch(session, path, options.type, body);
    print_warnings(session, reply);
    const bool same = base::json_equal(before.body, reply.body);
    print_result(session, address, reply.body, same ? "patched (no change)" : "patched", options.result);
  }
  co_return 0;
}

}  // namespace berth::cli
