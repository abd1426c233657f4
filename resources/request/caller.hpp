// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who asks, as authentication found it. Every write and every audit record names a Caller.
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace berth::resources {

struct Caller {
  std::string user;                 // "system:admin", "system:controller:container"
  std::vector<std::string> groups;  // "system:masters"
  std::string auth_method;          // "certificate", "token", "controller"
  std::string source_address;       // "192.0.2.7:51234"; "" for controllers
  std::string request_id;           // also in the log and in the X-Request-Id header
  std::string uid;                  // "" when the authenticator knows none
  std::map<std::string, std::vector<std::string>> extra;
  std::string impersonator;  // the user who acts as this one; "" for nobody

  // Who answers for what is asked, whomever they act as. The ServiceAccounts of a namespace are one, named by their
  // group: who may make one may make a thousand.
  std::string answerable() const;

  bool in_group(std::string_view group) const;
  // One of Berth's own loops, which no authenticator can make.
  bool is_controller() const;
};

// The identity of one of Berth's own loops: "system:controller:<name>".
Caller controller_caller(std::string name);

}  // namespace berth::resources
