// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/child_process.hpp"
#include "cli/commands.hpp"
#include "cli/edit_text.hpp"
#include "cli/merge_patch.hpp"
#include "cli/temporary_folder.hpp"

namespace berth::cli {
namespace {

struct Edited {
  Address address;
  Json object;  // as it was read
};

std::string editor_from_environment() {
  for (const char* name : {"KUBE_EDITOR", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

std::string editor() {
  const std::string named = editor_from_environment();
  return named.empty() ? "vi" : named;
}

// Without a person at a terminal the editor of last resort waits for ever, or reads one end of input after the other.
void check_editor() {
  if (editor_from_environment().empty() && ::isatty(STDIN_FILENO) != 1) {
    throw base::bad_request("standard input is no terminal: name an editor that needs none with KUBE_EDITOR or EDITOR");
  }
}

// The editor may come with flags and quotes: the shell reads them.
std::string run_editor(const std::filesystem::path& file, const std::string& text) {
  write_text(file, text);
  const int code = run_program({"/bin/sh", "-c", editor() + " \"$@\"", "sh", file.string()});
  if (code != 0) throw base::bad_request("there was a problem with the editor \"" + editor() + "\"");
  return read_text(file);
}

std::string text_of(const std::vector<Edited>& originals) {
  if (originals.size() == 1) return base::to_yaml(originals.front().object);
  base::JsonArray items;
  for (const Edited& original : originals) items.push_back(original.object);
  return base::to_yaml({{"apiVersion", "v1"}, {"items", std::move(items)}, {"kind", "List"}});
}

const Edited& original_of(const std::vector<Edited>& originals, const Json& object) {
  for (const Edited& original : originals) {
    const bool same = base::string_at(original.object, "metadata.uid") == base::string_at(object, "metadata.uid");
    if (!same) continue;
    for (const char* field : {"apiVersion", "kind", "metadata.name", "metadata.namespace"}) {
      if (base::string_at(original.object, field) != base::string_at(object, field)) {
        throw base::bad_request(std::string(field) + " cannot be changed by an edit");
      }
    }
    return original;
  }
  throw base::bad_request("metadata.uid cannot be changed by an edit");
}

Task<void> save(Session& session, const Edited& original, const Json& object, const ResultOptions& options) {
  const base::JsonObject patch = make_merge_patch(original.object.get_object(), object.get_object());
  if (patch.empty()) {
    print_result(session, original.address, original.object, "skipped", options);
    co_return;
  }
  const std::string path =
      original.address.path() + query_of({{"fieldManager", "berth-edit"}, {"fieldValidation", "Strict"}});
  std::string body = base::to_canonical(patch);
  const Reply reply = co_await session.client.send("PATCH", path, "application/merge-patch+json", std::move(body));
  print_warnings(session, reply);
  print_result(session, original.address, reply.body, "edited", options);
}

bool can_be_mended(const base::Status& status) {
  return status.reason() == base::Reason::Invalid || status.reason() == base::Reason::BadRequest;
}

// Saves what it can. What a further edit may mend comes back as reasons; anything else is thrown.
Task<std::vector<EditReason>> save_all(Session& session, const std::vector<Edited>& originals, std::string text,
                                       ResultOptions options) {
  std::vector<EditReason> reasons;
  std::vector<Manifest> manifests;
  try {
    manifests = parse_manifests(text, "the edited file");
  } catch (const base::Status& status) {
    reasons.push_back({.head = "The edited file had a syntax error: " + status.message(), .causes = {}});
  }
  for (const Manifest& manifest : manifests) {
    std::string label(base::string_at(manifest.object, "metadata.name"));
    try {
      const Edited& original = original_of(originals, manifest.object);
      label = original.address.resource->qualified() + " \"" + original.address.name + "\"";
      co_await save(session, original, manifest.object, options);
    } catch (const base::Status& status) {
      if (!can_be_mended(status)) throw status.with_prefix(label + " could not be saved");
      session.err << "error: " << label << " is invalid\n";
      reasons.push_back(reason_of(label, status));
    }
  }
  co_return reasons;
}

Task<int> edit_until_saved(Session& session, const std::vector<Edited>& originals, const std::filesystem::path& file,
                           ResultOptions options) {
  const std::string original = text_of(originals);
  std::string content = original;
  std::vector<EditReason> reasons;
  for (;;) {
    const std::string edited = without_comments(run_editor(file, edit_head(reasons) + content));
    if (!reasons.empty() && edited == content) throw base::bad_request("Edit cancelled, no valid changes were saved.");
    if (edited == original || is_blank(edited)) {
      session.err << (edited == original ? "Edit cancelled, no changes made.\n"
                                         : "Edit cancelled, saved file was empty.\n");
      co_return 0;
    }
    content = edited;
    reasons = co_await save_all(session, originals, content, options);
    if (reasons.empty()) co_return 0;
  }
}

}  // namespace

Task<int> run_edit(Session& session, EditOptions options) {
  check_editor();
  const std::vector<Target> targets = read_targets(session.discovery, options.words);
  const std::vector<Address> addresses = co_await find_addresses(session, targets, true, false, "");
  std::vector<Edited> originals;
  for (const Address& address : addresses) {
    const Reply reply = co_await session.client.get(address.path());
    originals.push_back({address, without_managed_fields(reply.body)});
  }
  if (originals.empty()) throw base::bad_request("edit cancelled, no objects found");
  TemporaryFolder folder("berth-edit-");
  const std::filesystem::path file =
      folder.path() / (originals.size() == 1 ? originals.front().address.name + ".yaml" : std::string("objects.yaml"));
  try {
    co_return co_await edit_until_saved(session, originals, file, options.result);
  } catch (const base::Status&) {
    if (std::filesystem::exists(file)) {
      folder.keep();
      session.err << "A copy of your changes has been stored to \"" << file.string() << "\"\n";
    }
    throw;
  }
}

}  // namespace berth::cli
