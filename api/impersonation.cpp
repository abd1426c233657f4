// SPDX-License-Identifier: Apache-2.0
#include "api/impersonation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/header_text.hpp"
#include "base/utf8.hpp"
#include "schemas/name_formats.hpp"

namespace berth::api {
namespace {

using resources::Attributes;
using resources::Caller;

constexpr std::string_view kExtra = "impersonate-extra-";
constexpr std::string_view kAccount = "system:serviceaccount:";
constexpr std::size_t kMostBytes = 1024;  // of each text
constexpr const char* kAuthentication = "authentication.k8s.io";

// What the headers ask for.
Caller read_wanted(const base::Headers& headers) {
  Caller wanted;
  wanted.user = headers.get("Impersonate-User");
  wanted.uid = headers.get("Impersonate-Uid");
  for (const std::string_view group : headers.get_all("Impersonate-Group")) wanted.groups.emplace_back(group);
  for (const auto& [name, value] : headers) {
    if (name.size() < kExtra.size()) continue;
    const std::string key = lower(name);
    if (key.starts_with(kExtra)) wanted.extra[base::percent_decode(key.substr(kExtra.size()))].push_back(value);
  }
  return wanted;
}

// They go into answers, logs and records.
void check_text(std::string_view header, std::string_view text) {
  if (text.size() > kMostBytes) {
    throw base::bad_request(fmt::format("{} has {} bytes, more than {}", header, text.size(), kMostBytes));
  }
  if (!base::is_utf8(text)) throw base::bad_request(fmt::format("{} is not valid UTF-8", header));
}

void check_texts(const Caller& wanted) {
  check_text("Impersonate-User", wanted.user);
  check_text("Impersonate-Uid", wanted.uid);
  for (const std::string& group : wanted.groups) check_text("Impersonate-Group", group);
  for (const auto& [key, values] : wanted.extra) {
    check_text("the key of Impersonate-Extra-<key>", key);
    for (const std::string& value : values) check_text("Impersonate-Extra-" + key, value);
  }
}

struct AccountName {
  std::string ns;
  std::string name;
};

// As upstream, what only looks like an account's name is a user's.
std::optional<AccountName> account_of(const std::string& user) {
  if (!user.starts_with(kAccount)) return std::nullopt;
  const std::string rest = user.substr(kAccount.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string::npos) return std::nullopt;
  AccountName account{rest.substr(0, colon), rest.substr(colon + 1)};
  const bool valid = schemas::check_dns_label(account.ns).empty() && schemas::check_dns_subdomain(account.name).empty();
  if (!valid) return std::nullopt;
  return account;
}

// Every right that it takes.
std::vector<Attributes> needed(const Caller& wanted) {
  std::vector<Attributes> rights;
  const auto need = [&rights](std::string group, std::string resource, std::string sub, std::string ns,
                              std::string name) {
    rights.push_back(
        {"impersonate", std::move(group), std::move(resource), std::move(sub), std::move(ns), std::move(name), ""});
  };
  if (const auto account = account_of(wanted.user)) {
    need("", "serviceaccounts", "", account->ns, account->name);
  } else {
    need("", "users", "", "", wanted.user);
  }
  for (const std::string& group : wanted.groups) need("", "groups", "", "", group);
  if (!wanted.uid.empty()) need(kAuthentication, "uids", "", "", wanted.uid);
  for (const auto& [key, values] : wanted.extra) {
    for (const std::string& value : values) need(kAuthentication, "userextras", key, "", value);
  }
  return rights;
}

void add_implied_groups(Caller& wanted) {
  if (const auto account = account_of(wanted.user); account && wanted.groups.empty()) {
    wanted.groups = {"system:serviceaccounts", "system:serviceaccounts:" + account->ns};
  }
  const char* implied = wanted.user == "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  if (!wanted.in_group("system:authenticated") && !wanted.in_group("system:unauthenticated")) {
    wanted.groups.emplace_back(implied);
  }
}

}  // namespace

std::optional<RefusedRight> impersonate(const resources::Authorizer& authorizer, const base::HttpRequest& request,
                                        Caller& caller) {
  Caller wanted = read_wanted(request.headers);
  if (wanted.user.empty()) {
    if (wanted.groups.empty() && wanted.uid.empty() && wanted.extra.empty()) return std::nullopt;
    throw base::bad_request(
        "requested to impersonate groups, a uid or extra fields without a user: Impersonate-User is missing");
  }
  check_texts(wanted);
  for (const Attributes& right : needed(wanted)) {
    if (authorizer.may(caller, right)) continue;
    const std::string resource = right.subresource.empty() ? right.resource : right.resource + "/" + right.subresource;
    return RefusedRight{right,
                        resources::forbidden(right.group, resource, right.name, resources::cannot(caller, right))};
  }
  add_implied_groups(wanted);
  wanted.impersonator = caller.user;
  wanted.auth_method = caller.auth_method;
  wanted.source_address = caller.source_address;
  wanted.request_id = caller.request_id;
  caller = std::move(wanted);
  return std::nullopt;
}

}  // namespace berth::api
