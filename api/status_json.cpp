// SPDX-License-Identifier: Apache-2.0
#include "api/status_json.hpp"

#include "base/json.hpp"

namespace berth::api {
namespace {

using base::JsonArray;
using base::JsonObject;

void put(JsonObject& object, std::string_view key, std::string_view value) {
  if (!value.empty()) object[key] = value;
}

JsonObject details_json(const base::Details& details) {
  JsonObject json;
  put(json, "name", details.name);
  put(json, "group", details.group);
  put(json, "kind", details.kind);
  put(json, "uid", details.uid);
  JsonArray causes;
  for (const base::Cause& cause : details.causes) {
    JsonObject entry;
    put(entry, "reason", cause.reason);
    put(entry, "message", cause.message);
    put(entry, "field", cause.field);
    causes.emplace_back(std::move(entry));
  }
  if (!causes.empty()) json["causes"] = std::move(causes);
  if (details.retry_after) json["retryAfterSeconds"] = details.retry_after->count();
  return json;
}

JsonObject status_head(std::string_view status) {
  return {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", JsonObject()}, {"status", status}};
}

}  // namespace

std::string status_json(const base::Status& status) {
  JsonObject json = status_head("Failure");
  json["message"] = status.message();
  json["reason"] = base::to_string(status.reason());
  if (JsonObject details = details_json(status.details()); !details.empty()) json["details"] = std::move(details);
  json["code"] = base::http_code(status.reason());
  return boost::json::serialize(json);
}

std::string deleted_json(const schemas::Kind& kind, std::string_view name, std::string_view uid) {
  JsonObject json = status_head("Success");
  base::Details details;
  details.name = name;
  details.group = kind.group;
  details.kind = kind.plural;
  details.uid = uid;
  json["details"] = details_json(details);
  return boost::json::serialize(json);
}

base::HttpResponse failure_response(const base::Status& status) {
  base::HttpResponse response;
  response.status = base::http_code(status.reason());
  response.headers.add("Content-Type", "application/json");
  if (status.details().retry_after)
    response.headers.add("Retry-After", std::to_string(status.details().retry_after->count()));
  response.body = status_json(status);
  return response;
}

std::string warning_header(std::string_view text) {
  std::string value = "299 - \"";
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return value + '"';
}

}  // namespace berth::api
