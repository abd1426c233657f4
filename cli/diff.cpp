// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/child_process.hpp"
#include "cli/commands.hpp"
#include "cli/manifest_error.hpp"
#include "cli/secret_mask.hpp"
#include "cli/temporary_folder.hpp"

namespace berth::cli {
namespace {

constexpr int kFailed = 2;

// The program of KUBECTL_EXTERNAL_DIFF with its flags, else `diff -u -N`.
std::vector<std::string> diff_program() {
  const char* external = std::getenv("KUBECTL_EXTERNAL_DIFF");
  const std::string text = external == nullptr ? "" : external;
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find(' ', from), text.size());
    if (end > from) words.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return words.empty() ? std::vector<std::string>{"diff", "-u", "-N"} : words;
}

// One file for each object: "berth.dev.v1.Container.default.web".
std::string file_name(const Address& address) {
  const Resource& resource = *address.resource;
  return (resource.group.empty() ? "" : resource.group + ".") + resource.version + "." + resource.kind + "." +
         address.ns + "." + address.name;
}

Json shown(Json object, const DiffOptions& options) {
  return options.managed_fields ? std::move(object) : without_managed_fields(std::move(object));
}

void write_states(const std::filesystem::path& folder, const Address& address, Applied applied,
                  const DiffOptions& options) {
  Json live = applied.before ? shown(std::move(*applied.before), options) : Json();
  Json merged = shown(std::move(applied.after), options);
  if (address.resource->kind == "Secret" && address.resource->group.empty()) mask_secret(live, merged);
  if (!live.is_null()) write_text(folder / "LIVE" / file_name(address), base::to_yaml(live));
  write_text(folder / "MERGED" / file_name(address), base::to_yaml(merged));
}

}  // namespace

Task<int> run_diff(Session& session, DiffOptions options) {
  const std::vector<Manifest> manifests = read_manifests(options.files, options.folders);
  const ApplyMode mode{.conflicts = options.conflicts, .writing = Writing::DryRun, .manager = options.manager};
  const TemporaryFolder folder("berth-diff-");
  for (const char* side : {"LIVE", "MERGED"}) std::filesystem::create_directory(folder.path() / side);
  bool failed = false;
  for (const Manifest& manifest : manifests) {
    try {
      const Address address = address_of(session, manifest);
      Json wanted = placed(manifest, address);
      Applied applied = co_await apply_object(session, address, std::move(wanted), mode);
      write_states(folder.path(), address, std::move(applied), options);
    } catch (const base::Status& status) {
      // The others are still shown.
      session.err << error_line(manifest_error(status, manifest)) << "\n";
      failed = true;
    }
  }
  session.out.flush();
  std::vector<std::string> words = diff_program();
  for (const char* side : {"LIVE", "MERGED"}) words.push_back((folder.path() / side).string());
  const int code = run_program(words);
  co_return failed ? std::max(code, kFailed) : code;
}

}  // namespace berth::cli
