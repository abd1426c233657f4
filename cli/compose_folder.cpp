// SPDX-License-Identifier: Apache-2.0
// compose pull, push
#include <ostream>

#include "base/status.hpp"
#include "cli/compose.hpp"
#include "cli/temporary_folder.hpp"
#include "compose/expand.hpp"

namespace berth::cli {
namespace {

namespace fs = std::filesystem;

struct PulledFile {
  fs::path path;
  std::string content;
  bool same = false;  // it is there as it is
};

// The server keeps paths below the folder; a client does not rely on it.
fs::path place_of(const fs::path& folder, const std::string& path) {
  const std::string clean = compose::clean_path(path);
  if (path.empty() || compose::is_absolute(path) || clean == ".." || clean.starts_with("../")) {
    throw base::bad_request("the stack has a file \"" + path + "\", which is not below its folder");
  }
  if (clean == kOverrideFile) return stands_for(folder, kOverrideFile);
  return folder / clean;
}

std::vector<PulledFile> pulled_files(const Json& stack, const fs::path& folder) {
  std::vector<PulledFile> files;
  files.push_back({stands_for(folder, kComposeFile), std::string(base::string_at(stack, "spec.compose"))});
  if (const Json* beside = base::find_path(stack, "spec.files"); beside != nullptr) {
    for (const Json& file : beside->as_array()) {
      files.push_back({place_of(folder, std::string(base::string_at(file, "path"))),
                       std::string(base::string_at(file, "content"))});
    }
  }
  return files;
}

// All or nothing: what would be lost is named before anything is written.
void check_overwriting(std::vector<PulledFile>& files, const ComposeOptions& options) {
  std::string changed;
  for (PulledFile& file : files) {
    std::error_code ignored;
    if (!fs::exists(file.path, ignored)) continue;
    file.same = fs::is_regular_file(file.path, ignored) && read_text(file.path) == file.content;
    if (!file.same) changed += "\n  " + file.path.string();
  }
  if (changed.empty() || options.overwrite) return;
  throw base::bad_request("these files are there already, and are others than the stack's; --overwrite takes the " +
                          std::string("stack's:") + changed);
}

// Of -p, else as the compose file in the folder says, else the folder's name.
std::string name_for(const ComposeFlags& flags, const std::string& ns, const fs::path& folder) {
  if (!flags.project.empty()) return stack_name(flags, ns);
  std::error_code ignored;
  if (fs::exists(stands_for(folder, kComposeFile), ignored)) {
    return names_of(flags, ns, open_compose_files({}, flags.env_file, folder, Look::Here)).object;
  }
  ComposeFiles none;
  none.folder = none.shown = folder.string();
  return names_of(flags, ns, none).object;
}

// Absolute, and without a slash at its end: its last part is its name.
fs::path folder_named(const std::string& text) {
  const fs::path path = fs::absolute(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Task<int> run_compose_pull(Session& session, ComposeOptions options) {
  const fs::path folder = folder_named(options.words.front());
  const Address address = stack_address(session, name_for(options.flags, session.ns, folder));
  const std::optional<Json> stack = co_await find_stack(session, address);
  if (!stack) {
    throw base::Status(base::Reason::NotFound,
                       "there is no stack \"" + address.name + "\" in namespace " + address.ns +
                           (options.flags.project.empty() ? ", which is what DIR is called; -p names another" : ""));
  }
  std::vector<PulledFile> files = pulled_files(*stack, folder);
  check_overwriting(files, options);
  for (const PulledFile& file : files) {
    if (!file.same) {
      std::error_code error;
      fs::create_directories(file.path.parent_path(), error);
      if (error) throw base::bad_request(file.path.parent_path().string() + ": " + error.message());
      write_text(file.path, file.content);
    }
    session.out << file.path.string() << (file.same ? " unchanged\n" : " written\n");
  }
  co_return 0;
}

Task<int> run_compose_push(Session& session, ComposeOptions options) {
  const fs::path folder = folder_named(options.words.front());
  for (int tries = 1; tries <= kMostTries; ++tries) {
    const DeclaredStack stack = co_await declare_files(session, options.flags, folder);
    const std::optional<Applied> applied = co_await try_apply(session, stack, options.conflicts);
    if (!applied) continue;
    print_result(session, stack.address, applied->after, applied->word, {});
    for (const std::string& name : stack.gone) {
      session.out << "service " << name << " is not in the file any more, and goes\n";
    }
    co_return 0;
  }
  throw changed_meanwhile();
}

}  // namespace berth::cli
