// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands. Each returns the process's exit code, prints what kubectl prints, and throws a Status that ends it.
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace berth::cli {

struct ApplyOptions {
  std::vector<std::string> files;
  Folders folders = Folders::Flat;
  std::string ns;       // -n as given
  std::string dry_run;  // "", "none", "server"
  std::string output;   // "", name, yaml, json
  bool wait = false;
  std::string timeout = "60s";
};
Task<int> run_apply(Session& session, ApplyOptions options);

struct GetOptions {
  std::vector<std::string> words;
  bool all_namespaces = false;
  bool watch = false;
  bool no_headers = false;
  bool ignore_not_found = false;
  std::string labels;
  std::string fields;
  std::string output;  // "", wide, yaml, json, name
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
  std::string ns;
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

// A completion script; throws BadRequest for another shell than bash and zsh.
std::string completion_script(const std::string& shell);
// What the script asks for: "types", or "names" of one type.
Task<int> run_complete(Session& session, std::vector<std::string> words);

// The objects that targets, a selector and --all name, as addresses. Throws NotFound for a name that is not there.
Task<std::vector<Address>> find_addresses(Session& session, std::vector<Target> targets, bool all, bool all_namespaces,
                                          std::string labels);

}  // namespace berth::cli
