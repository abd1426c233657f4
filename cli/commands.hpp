// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands. Each returns the process's exit code, prints what kubectl prints, and throws a Status that ends it.
#include <string>
#include <vector>

#include "cli/object_output.hpp"
#include "cli/server_apply.hpp"
#include "cli/session.hpp"

namespace berth::cli {

struct ApplyOptions {
  std::vector<std::string> files;
  Folders folders = Folders::Flat;
  Conflicts conflicts = Conflicts::Refuse;
  std::string manager = "berth";
  ResultOptions result;
  bool wait = false;
  std::string timeout = "60s";
};
Task<int> run_apply(Session& session, ApplyOptions options);

// What apply would change, as a unified diff. 0 when nothing, 1 when something; errors are the caller's 2.
struct DiffOptions {
  std::vector<std::string> files;
  Folders folders = Folders::Flat;
  Conflicts conflicts = Conflicts::Refuse;
  std::string manager = "berth";
  bool managed_fields = false;
};
Task<int> run_diff(Session& session, DiffOptions options);

struct EditOptions {
  std::vector<std::string> words;
  ResultOptions result;
};
Task<int> run_edit(Session& session, EditOptions options);

struct GetOptions {
  std::vector<std::string> words;
  bool all_namespaces = false;
  bool watch = false;
  bool no_headers = false;
  bool ignore_not_found = false;
  std::string labels;
  std::string fields;
  std::string output;  // "", wide, yaml, json, name
  bool managed_fields = false;
};
Task<int> run_get(Session& session, GetOptions options);

struct DescribeOptions {
  std::vector<std::string> words;
  bool all_namespaces = false;
  std::string labels;
};
Task<int> run_describe(Session& session, DescribeOptions options);

struct DeleteOptions {
  std::vector<std::string> words;
  std::vector<std::string> files;
  Folders folders = Folders::Flat;
  bool all = false;
  bool all_namespaces = false;
  bool ignore_not_found = false;
  bool wait = true;
  std::string labels;
  std::string timeout = "0s";
  std::string cascade = "background";
};
Task<int> run_delete(Session& session, DeleteOptions options);

struct WaitOptions {
  std::vector<std::string> words;
  bool all = false;
  bool all_namespaces = false;
  std::string labels;
  std::string condition;  // --for
  std::string timeout = "30s";
};
Task<int> run_wait(Session& session, WaitOptions options);

// `server` may be null when it cannot be reached.
Task<int> run_version(AccessFlags flags, std::string output);

enum class KeyMap { Labels, Annotations };
struct ChangeKeysOptions {
  KeyMap map = KeyMap::Labels;
  std::vector<std::string> words;  // TYPE NAME..., then KEY=VALUE and KEY-
  bool overwrite = false;
  bool all = false;
  bool all_namespaces = false;
  bool list = false;
  std::string labels;
  std::string resource_version;
  ResultOptions result;
};
Task<int> run_change_keys(Session& session, ChangeKeysOptions options);

struct PatchOptions {
  std::vector<std::string> words;
  std::string type;  // strategic, merge, json; "" is strategic where the kind takes it, else merge
  std::string patch;
  std::string patch_file;
  std::string subresource;
  ResultOptions result;
};
Task<int> run_patch(Session& session, PatchOptions options);

// The objects that targets, a selector and --all name, as addresses. Throws NotFound for a name that is not there.
Task<std::vector<Address>> find_addresses(Session& session, std::vector<Target> targets, bool all, bool all_namespaces,
                                          std::string labels);

}  // namespace berth::cli
