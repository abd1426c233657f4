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

}  // namespace

resources::Attributes attributes_of(const RequestInfo& info) {
  if (!info.is_resource()) return {lower(info.method), "", "", "", "", "", info.path};
  std::string verb(to_string(info.verb));
  // As upstream: a namespace is asked for in itself, so that a binding in it can show it.
  const bool own_scope = info.group.empty() && info.resource == "namespaces" && !info.name.empty();
  return {std::move(verb), info.group, info.resource, info.subresource, own_scope ? info.name : info.ns, info.name, ""};
}

std::optional<base::Status> refusal(const resources::Authorizer& authorizer, const resources::Caller& caller,
                                    const RequestInfo& info) {
  const resources::Attributes wanted = attributes_of(info);
  if (authorizer.may(caller, wanted)) return std::nullopt;
  if (!info.is_resource()) {
    return base::Status(base::Reason::Forbidden, fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"",
                                                             caller.user, wanted.verb, wanted.path));
  }
  return resources::forbidden(info.group, info.resource, info.name, resources::cannot(caller, wanted));
}

}  // namespace berth::api
