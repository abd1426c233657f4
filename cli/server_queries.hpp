// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands that ask the server about itself and about who we are; as in commands.hpp.
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace berth::cli {

struct ExplainOptions {
  std::string path;  // "container.spec.ports"
  bool recursive = false;
};
Task<int> run_explain(Session& session, ExplainOptions options);

struct ApiResourcesOptions {
  std::string output;  // "", wide, name
  std::string group;
  bool group_asked = false;
  std::string namespaced;  // "", true, false
  std::vector<std::string> verbs;
  std::string sort_by;  // "", name, kind
  bool no_headers = false;
};
Task<int> run_api_resources(Session& session, ApiResourcesOptions options);

struct CanIOptions {
  std::vector<std::string> words;  // VERB TYPE[/NAME] or VERB /PATH
  std::string subresource;
  bool list = false;
  bool quiet = false;
  bool all_namespaces = false;
  bool no_headers = false;
};
Task<int> run_can_i(Session& session, CanIOptions options);

struct WhoAmIOptions {
  std::string output;  // "", yaml, json
};
Task<int> run_who_am_i(Session& session, WhoAmIOptions options);

struct TokenOptions {
  std::string account;
  std::string duration;
  std::vector<std::string> audiences;
  std::string output;  // "", yaml, json
};
Task<int> run_create_token(Session& session, TokenOptions options);

}  // namespace berth::cli
