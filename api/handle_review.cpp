// SPDX-License-Identifier: Apache-2.0
// The kinds that are answered, not stored: who somebody is, what they may do, whether the audit journal is whole.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
#include <algorithm>

#include "api/handlers.hpp"
#include "api/options.hpp"
#include "resources/account_tokens.hpp"
#include "resources/audit/audit_records.hpp"
#include "resources/body_rules.hpp"
#include "resources/rights/authorizer.hpp"
#include "schemas/admit.hpp"
#include "schemas/causes.hpp"

namespace berth::api {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using resources::Attributes;
using resources::Caller;

std::string text(const Json& object, std::string_view path) { return std::string(base::string_at(object, path)); }

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> found;
  if (list == nullptr || !list->is_array()) return found;
  for (const Json& item : list->get_array()) found.emplace_back(item.as_string());
  return found;
}

JsonArray array_of(const std::vector<std::string>& values) { return JsonArray(values.begin(), values.end()); }

[[noreturn]] void refuse(const schemas::Kind& kind, std::string field, const Json& value, std::string_view why) {
  schemas::Causes causes;
  causes.invalid(std::move(field), value, why);
  throw schemas::invalid(kind, "", causes.take());
}

Json read_body(Exchange& exchange) {
  const schemas::Kind& kind = *exchange.kind;
  const auto options = read_write_options(exchange.info.query, exchange.header("User-Agent"), "CreateOptions");
  resources::Body body = decode_body(exchange.request);
  resources::check_type(kind, body.value);
  exchange.warnings = resources::check_fields(kind, body.value, body.duplicate_fields, options.field_validation,
                                              resources::Origin::Create, nullptr);
  schemas::apply_defaults(kind, body.value);
  std::vector<base::Cause> causes = schemas::validate(kind, body.value);
  if (!causes.empty()) throw schemas::invalid(kind, "", std::move(causes));
  return std::move(body.value);
}

Attributes read_question(const schemas::Kind& kind, const Json& review) {
  const Json* resource = base::find_path(review, "spec.resourceAttributes");
  const Json* path = base::find_path(review, "spec.nonResourceAttributes");
  if ((resource == nullptr) == (path == nullptr)) {
    refuse(kind, "spec.resourceAttributes", resource == nullptr ? Json() : *resource,
           "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
  if (path != nullptr) return {text(*path, "verb"), "", "", "", "", "", text(*path, "path")};
  return {text(*resource, "verb"),
          text(*resource, "group"),
          text(*resource, "resource"),
          text(*resource, "subresource"),
          text(*resource, "namespace"),
          text(*resource, "name"),
          ""};
}

Caller read_subject(const schemas::Kind& kind, const Json& review) {
  Caller subject;
  subject.user = text(review, "spec.user");
  subject.uid = text(review, "spec.uid");
  subject.groups = texts(base::find_path(review, "spec.groups"));
  if (subject.user.empty() && subject.groups.empty()) {
    refuse(kind, "spec.user", "", "at least one of user or group must be specified");
  }
  return subject;
}

void answer_access(Exchange& exchange, Json& review, const Caller& subject) {
  Attributes wanted = read_question(*exchange.kind, review);
  if (!exchange.info.ns.empty()) {
    if (!wanted.is_resource()) {
      refuse(*exchange.kind, "spec.nonResourceAttributes", review.at("spec").at("nonResourceAttributes"),
             "disallowed on this kind of request");
    }
    if (wanted.ns != exchange.info.ns) {
      refuse(*exchange.kind, "spec.resourceAttributes.namespace", Json(wanted.ns), "must match metadata.namespace");
    }
  }
  const resources::Decision decision = exchange.services.resources.authorizer().decide(subject, wanted);
  JsonObject status{{"allowed", decision.allowed}};
  if (!decision.reason.empty()) status["reason"] = decision.reason;
  review.as_object()["status"] = std::move(status);
}

void answer_rules(Exchange& exchange, Json& review) {
  const std::string ns = text(review, "spec.namespace");
  if (ns.empty()) throw base::bad_request("no namespace on request");
  JsonArray on_resources;
  JsonArray on_paths;
  for (const auto& rule : exchange.services.resources.authorizer().rules_of(exchange.caller, ns)) {
    Json json = resources::to_json({rule}).at(0);
    (rule.non_resource_urls.empty() ? on_resources : on_paths).push_back(std::move(json));
  }
  review.as_object()["status"] = JsonObject{
      {"incomplete", false}, {"nonResourceRules", std::move(on_paths)}, {"resourceRules", std::move(on_resources)}};
}

JsonObject user_info(const Caller& caller) {
  JsonObject info{{"username", caller.user}};
  if (!caller.uid.empty()) info["uid"] = caller.uid;
  if (!caller.groups.empty()) info["groups"] = array_of(caller.groups);
  JsonObject extra;
  for (const auto& [key, values] : caller.extra) extra[key] = array_of(values);
  if (!extra.empty()) info["extra"] = std::move(extra);
  return info;
}

void answer_token(Exchange& exchange, Json& review) {
  const std::string token = text(review, "spec.token");
  if (token.empty()) throw base::bad_request("token is required for TokenReview in authentication");
  const resources::AccountTokens& accounts = exchange.services.resources.account_tokens();
  std::vector<std::string> audiences = texts(base::find_path(review, "spec.audiences"));
  const bool asks_for_us = audiences.empty() || std::ranges::find(audiences, accounts.audience()) != audiences.end();
  if (audiences.empty()) audiences = {accounts.audience()};
  JsonObject status{{"user", JsonObject()}};
  if (auto bearer = accounts.find(token, audiences)) {
    status = {{"audiences", array_of(bearer->audiences)}, {"authenticated", true}, {"user", user_info(bearer->caller)}};
  } else if (const Caller* caller = asks_for_us ? exchange.services.tokens.find(token) : nullptr) {
    status = {{"audiences", array_of({accounts.audience()})}, {"authenticated", true}, {"user", user_info(*caller)}};
  } else {
    status["error"] = "the token is nobody's, or no longer good, or not meant for this audience";
  }
  review.as_object()["status"] = std::move(status);
}

void answer_review(Exchange& exchange, Json& review) {
  const std::string& kind = exchange.kind->kind;
  if (kind == "SelfSubjectReview") {
    review.as_object()["status"] = JsonObject{{"userInfo", user_info(exchange.caller)}};
  } else if (kind == "TokenReview") {
    answer_token(exchange, review);
  } else if (kind == "SelfSubjectRulesReview") {
    answer_rules(exchange, review);
  } else if (kind == "SelfSubjectAccessReview") {
    answer_access(exchange, review, exchange.caller);
  } else {
    const Caller subject = read_subject(*exchange.kind, review);
    answer_access(exchange, review, subject);
  }
}

base::Task<void> answer_verification(Exchange& exchange, Json& review) {
  const resources::AuditRecords& audit = exchange.services.resources.audit_records();
  const Json* list = base::find_path(review, "spec.records");
  resources::AuditReport report;
  if (list == nullptr) {
    report = co_await audit.verify();
  } else {
    report = co_await audit.verify_export(texts(list));
  }
  const store::JournalReport& journal = report.journal;
  JsonObject status{{"valid", !journal.first_bad.has_value()}, {"records", journal.records}, {"first", journal.first}};
  if (journal.checkpoint) status["checkpoint"] = *journal.checkpoint;
  if (list != nullptr) status["missing"] = report.missing;
  if (journal.first_bad) {
    status["firstBad"] = *journal.first_bad;
    status["problem"] = journal.problem;
  }
  review.as_object()["status"] = std::move(status);
}

base::Task<void> respond(Exchange& exchange, const ResponseFormat& format, const Json& object) {
  resources::Object made{std::make_shared<const std::string>(base::to_canonical(object)), 0};
  co_await exchange.respond_object(201, format, std::move(made));
}

}  // namespace

base::Task<void> handle_review(Exchange& exchange) {
  const ResponseFormat format = negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json, Format::Yaml});
  Json review = read_body(exchange);
  if (exchange.kind->kind == "AuditVerification") {
    co_await answer_verification(exchange, review);
  } else {
    answer_review(exchange, review);
  }
  co_await respond(exchange, format, review);
}

base::Task<void> handle_token_request(Exchange& exchange) {
  const ResponseFormat format = negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json, Format::Yaml});
  Json request = read_body(exchange);
  const RequestInfo& info = exchange.info;
  Json answer = co_await exchange.services.resources.account_tokens().answer(exchange.caller, info.ns, info.name,
                                                                             std::move(request));
  co_await respond(exchange, format, answer);
}

}  // namespace berth::api
