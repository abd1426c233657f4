// SPDX-License-Identifier: Apache-2.0
#pragma once
// `berth audit`: the audit journal through the API.
#include <filesystem>
#include <string>

#include "cli/session.hpp"

namespace berth::cli {

struct AuditOptions {
  std::string ns;  // "" for all
  std::string actor;
  std::string verb;
  std::string resource;
  std::string name;
  std::string decision;
  std::string kind;
  std::string since;  // a time, or how long ago: 90m
  std::string until;
  std::string output;      // list: "" or table, wide, json
  std::uint64_t tail = 0;  // list: only the newest so many, 0 for all
  bool watch = false;      // list
};

// The field selector of the options. Throws BadRequest for a time that is none.
std::string audit_selector(const AuditOptions& options);

// Oldest first.
Task<int> run_audit_list(Session& session, AuditOptions options);
// One record a line, as JSON.
Task<int> run_audit_export(Session& session, AuditOptions options);
// The server's own journal, or with `file` what was exported from it ("-": standard input). 1 when it does not hold.
Task<int> run_audit_verify(Session& session, std::string file);
// The journal of a berthd that is down, by the program berthd.
int verify_audit_offline(const std::filesystem::path& data_dir, const std::filesystem::path& key_dir);

}  // namespace berth::cli
