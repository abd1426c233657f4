// SPDX-License-Identifier: Apache-2.0
#include "api/status_json.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace berth::api {
namespace {

using base::JsonArray;
using base::JsonObject;

// Messages repeat what was asked for, and a path may hold any bytes; JSON is UTF-8.
std::string as_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    valid.append(length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

void put(JsonObject& object, std::string_view key, std::string_view value) {
  if (!value.empty()) object[key] = as_utf8(value);
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
  json["message"] = as_utf8(status.message());
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

base::HttpResponse page_not_found() {
  base::HttpResponse response;
  response.status = 404;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = "404 page not found\n";
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

void add_warnings(base::Headers& headers, const std::vector<std::string>& warnings) {
  constexpr std::size_t kMost = 50;
  constexpr std::size_t kMostBytes = 4096;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    std::string value = warning_header(warnings[i]);
    bytes += value.size();
    if (i == kMost || bytes > kMostBytes) {
      headers.add("Warning", warning_header("and " + std::to_string(warnings.size() - i) + " more"));
      return;
    }
    headers.add("Warning", std::move(value));
  }
}

}  // namespace berth::api
