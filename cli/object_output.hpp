// SPDX-License-Identifier: Apache-2.0
#pragma once
// What commands print of an object that they wrote or read.
#include <iosfwd>
#include <string>
#include <string_view>

#include "cli/session.hpp"

namespace berth::cli {

struct ResultOptions {
  std::string output;   // "", name, yaml, json
  std::string dry_run;  // "", none, server
  bool dry() const { return dry_run == "server"; }
  // For the dryRun parameter of a write.
  const char* dry_parameter() const { return dry() ? "All" : ""; }
};

// `container.berth.dev/web configured`, the name alone, or the object.
void print_result(Session& session, const Address& address, const Json& object, std::string_view word,
                  const ResultOptions& options);

// `output` is yaml or json.
void print_value(std::ostream& out, const Json& value, std::string_view output);

// The object as people read it: who manages which field is for those who ask.
Json without_managed_fields(Json object);

}  // namespace berth::cli
