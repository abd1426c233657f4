// SPDX-License-Identifier: Apache-2.0
#include "resources/request/caller.hpp"

#include <algorithm>

namespace berth::resources {
namespace {

constexpr std::string_view kControllerPrefix = "system:controller:";
constexpr std::string_view kAccountPrefix = "system:serviceaccount:";

}  // namespace

std::string Caller::answerable() const {
  const std::string& who = impersonator.empty() ? user : impersonator;
  if (!who.starts_with(kAccountPrefix)) return who;
  const std::size_t end = who.find(':', kAccountPrefix.size());
  if (end == std::string::npos) return who;
  return "system:serviceaccounts:" + who.substr(kAccountPrefix.size(), end - kAccountPrefix.size());
}

bool Caller::in_group(std::string_view group) const { return std::ranges::find(groups, group) != groups.end(); }

bool Caller::is_controller() const { return auth_method == "controller" && user.starts_with(kControllerPrefix); }

Caller controller_caller(std::string name) {
  Caller caller;
  caller.user = std::string(kControllerPrefix) + std::move(name);
  caller.auth_method = "controller";
  return caller;
}

}  // namespace berth::resources
