// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/key_changes.hpp"
#include "cli/printable.hpp"

namespace berth::cli {
namespace {

std::string noun_of(KeyMap map) { return map == KeyMap::Labels ? "label" : "annotation"; }

const char* field_of(KeyMap map) { return map == KeyMap::Labels ? "metadata.labels" : "metadata.annotations"; }

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

void refuse_replacing(const Json* present, const KeyChanges& changes, KeyMap map) {
  const std::vector<std::string> replaced = replaced_values(present, changes);
  if (replaced.empty()) return;
  throw base::bad_request(map == KeyMap::Labels
                              ? joined(replaced, ", ") + ", and --overwrite is false"
                              : "--overwrite is false but found the following declared annotation(s): " +
                                    joined(replaced, "; "));
}

std::string_view word_of(const base::JsonObject& patch, KeyMap map) {
  if (map == KeyMap::Annotations) return "annotated";
  bool added = false;
  bool removed = false;
  for (const auto& [key, value] : patch) (value.is_null() ? removed : added) = true;
  if (added && removed) return "modified";
  if (added) return "labeled";
  return removed ? "unlabeled" : "not labeled";
}

void list_keys(Session& session, const Json* present) {
  if (present == nullptr || !present->is_object()) return;
  for (const auto& [key, value] : present->get_object()) {
    if (value.is_string()) session.out << std::string_view(key) << "=" << printable(value.get_string()) << "\n";
  }
}

Task<void> change_one(Session& session, const Address& address, const KeyChanges& changes,
                      const ChangeKeysOptions& options) {
  Reply reply = co_await session.client.get(address.path());
  const Json* present = base::find_path(reply.body, field_of(options.map));
  if (options.list) {
    if (changes.set.empty() && changes.removed.empty()) {
      list_keys(session, present);
      co_return;
    }
  }
  if (!options.overwrite) refuse_replacing(present, changes, options.map);
  base::JsonObject patch = patch_of(present, changes);
  if (options.map == KeyMap::Labels) {
    for (const std::string& key : changes.removed) {
      if (!patch.contains(key)) session.out << "label \"" << key << "\" not found.\n";
    }
  }
  const std::string_view word = word_of(patch, options.map);
  if (!patch.empty()) {
    Json body = base::JsonObject{};
    base::make_path(body, field_of(options.map)) = std::move(patch);
    if (!options.resource_version.empty()) {
      base::make_path(body, "metadata")["resourceVersion"] = options.resource_version;
    }
    const std::string path =
        address.path() + query_of({{"fieldManager", options.map == KeyMap::Labels ? "berth-label" : "berth-annotate"},
                                   {"dryRun", options.result.dry_parameter()}});
    std::string text = base::to_canonical(body);
    reply = co_await session.client.send("PATCH", path, "application/merge-patch+json", std::move(text));
    print_warnings(session, reply);
  }
  if (options.list) {
    list_keys(session, base::find_path(reply.body, field_of(options.map)));
  } else {
    print_result(session, address, reply.body, word, options.result);
  }
}

}  // namespace

Task<int> run_change_keys(Session& session, ChangeKeysOptions options) {
  const KeyWords words = read_key_words(options.words, noun_of(options.map));
  if (words.changes.set.empty() && words.changes.removed.empty() && !options.list) {
    throw base::bad_request("at least one " + noun_of(options.map) + " update is required, such as key=value or key-");
  }
  const std::vector<Target> targets = read_targets(session.discovery, words.objects);
  const std::vector<Address> addresses =
      co_await find_addresses(session, targets, options.all, options.all_namespaces, options.labels);
  if (addresses.size() != 1 && !options.resource_version.empty()) {
    throw base::bad_request("--resource-version may only be used with a single resource");
  }
  if (addresses.empty())
    throw base::bad_request("no objects found to " + std::string(options.map == KeyMap::Labels ? "label" : "annotate"));
  int code = 0;
  for (const Address& address : addresses) {
    try {
      co_await change_one(session, address, words.changes, options);
    } catch (const base::Status& status) {
      session.err << error_line(status) << "\n";
      code = 1;
    }
  }
  co_return code;
}

}  // namespace berth::cli
