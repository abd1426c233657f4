// SPDX-License-Identifier: Apache-2.0
#include "api/authz.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::api {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string describe_path(const resources::Caller& caller, const RequestInfo& info) {
  return fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"", caller.user, lower(info.method), info.path);
}

std::string describe_resource(const resources::Caller& caller, const RequestInfo& info) {
  const std::string qualified = info.group.empty() ? info.resource : info.resource + "." + info.group;
  const std::string subject = info.name.empty() ? qualified : fmt::format("{} \"{}\"", qualified, info.name);
  const std::string resource = info.subresource.empty() ? info.resource : info.resource + "/" + info.subresource;
  const std::string scope = info.ns.empty() ? "at the cluster scope" : fmt::format("in the namespace \"{}\"", info.ns);
  return fmt::format("{} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {}", subject,
                     caller.user, to_string(info.verb), resource, info.group, scope);
}

}  // namespace

std::optional<base::Status> refusal(const resources::Caller& caller, const RequestInfo& info) {
  if (caller.in_group("system:masters")) return std::nullopt;
  if (!info.is_resource()) return base::Status(base::Reason::Forbidden, describe_path(caller, info));
  base::Details details;
  details.name = info.name;
  details.group = info.group;
  details.kind = info.resource;
  return base::Status(base::Reason::Forbidden, describe_resource(caller, info), std::move(details));
}

}  // namespace berth::api
