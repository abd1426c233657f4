// SPDX-License-Identifier: Apache-2.0
#include "api/authz.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/header_text.hpp"
#include "resources/request/requirement.hpp"
#include "resources/rights/operate_rules.hpp"

namespace berth::api {
namespace {

// As upstream: a list or watch of one name is asked for by that name, so that a rule with resourceNames allows it.
std::string selected_name(const RequestInfo& info) {
  if (info.verb != Verb::List && info.verb != Verb::Watch) return "";
  try {
    for (const auto& field : resources::parse_field_selector(info.query.get("fieldSelector"))) {
      if (field.path == "metadata.name" && field.op == resources::FieldRequirement::Operator::Equals)
        return field.value;
    }
  } catch (const base::Status&) {
    // The list itself says what is wrong with it.
  }
  return "";
}

// Who may act may begin a change: resources holds it to what acts. Its answer shows the object, which is a right of
// its own.
bool may_operate(const resources::Authorizer& authorizer, const resources::Caller& caller, const RequestInfo& info,
                 resources::Attributes wanted) {
  const bool changes = info.shape == Shape::Object && (info.verb == Verb::Patch || info.verb == Verb::Update);
  if (!changes || !resources::has_actions(info.group, info.resource)) return false;
  for (const char* verb : {"operate", "get"}) {
    wanted.verb = verb;
    if (!authorizer.may(caller, wanted)) return false;
  }
  return true;
}

}  // namespace

resources::Attributes attributes_of(const RequestInfo& info) {
  if (!info.is_resource()) return {lower(info.method), "", "", "", "", "", info.path};
  std::string verb(to_string(info.verb));
  // A right on the Host itself, beside use.
  const bool of_host = info.shape == Shape::HostImages || info.shape == Shape::HostContainers;
  if (of_host) return {std::move(verb), "berth.dev", "hosts", "", "", info.name, ""};
  // As upstream: a namespace is asked for in itself, so that a binding in it can show it.
  const bool own_scope = info.group.empty() && info.resource == "namespaces" && !info.name.empty();
  std::string name = info.name.empty() ? selected_name(info) : info.name;
  // A create is of what the body names, whatever the URL does.
  if (info.shape == Shape::Object && info.verb == Verb::Create) name.clear();
  return {std::move(verb), info.group, info.resource, info.subresource, own_scope ? info.name : info.ns,
          std::move(name), ""};
}

std::optional<base::Status> refusal(const resources::Authorizer& authorizer, const resources::Caller& caller,
                                    const RequestInfo& info) {
  const resources::Attributes wanted = attributes_of(info);
  if (authorizer.may(caller, wanted) || may_operate(authorizer, caller, info, wanted)) return std::nullopt;
  if (!info.is_resource()) {
    return base::Status(base::Reason::Forbidden, fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"",
                                                             caller.user, wanted.verb, wanted.path));
  }
  return resources::forbidden(info.group, info.resource, info.name, resources::cannot(caller, wanted));
}

}  // namespace berth::api
