// SPDX-License-Identifier: Apache-2.0
#include "docker/errors.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/json.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;

namespace {

bool holds_any(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// What 20.10 calls 500 and newer engines 400.
constexpr std::array<std::string_view, 20> kMistakes{
    "json: cannot unmarshal", "invalid JSON",
    "invalid character",      "unexpected EOF",
    "Invalid container name", "names may be empty",
    "Minimum memory limit",   "invalid filter",
    "Invalid filter",         "strconv.Parse",
    "invalid CIDR",           "invalid subnet",
    "Invalid subnet",         "Invalid address",
    "invalid network name",   "user specified IP address is supported only",
    "no log driver named",    "Unknown runtime specified",
    "unable to find user",    "Duplicate mount point",
};

constexpr std::array<std::string_view, 4> kConflicts{
    "has active endpoints",
    "is not paused",
    "is already paused",
    "is using its referenced image",
};

Reason reason_of(int status, std::string_view message) {
  if (message.find("toomanyrequests") != std::string_view::npos) return Reason::TooManyRequests;
  if (status == 403 && message.find("already exists in network") != std::string_view::npos) {
    return Reason::AlreadyExists;
  }
  if ((status == 403 || status == 500) && holds_any(message, kConflicts)) return Reason::Conflict;
  if (status == 500 && (message == "EOF" || holds_any(message, kMistakes))) return Reason::BadRequest;
  // An unknown driver is a mistake in what was asked, not an object that is absent; nor is an unknown route.
  if (status == 404 && message.starts_with("plugin ")) return Reason::BadRequest;
  if (status == 404 && message == "page not found") return Reason::MethodNotAllowed;
  switch (status) {
    case 400:
      return Reason::BadRequest;
    case 401:
      return Reason::Unauthorized;
    case 403:
      return Reason::Forbidden;
    case 404:
      return Reason::NotFound;
    case 409:
      return Reason::Conflict;
    case 429:
      return Reason::TooManyRequests;
    case 503:
      return Reason::ServiceUnavailable;
    default:
      return Reason::InternalError;
  }
}

// The engine names the endpoint that it made for one attempt, "on endpoint web (09c9...)": words that are others each
// time make a new Event and a new condition each time, and lead to nothing.
void drop_random_ids(std::string& message) {
  constexpr std::size_t kId = 64;
  for (std::size_t at = message.find(" ("); at != std::string::npos; at = message.find(" (", at + 1)) {
    const std::size_t close = at + 2 + kId;
    if (close >= message.size() || message[close] != ')') continue;
    if (message.find_first_not_of("0123456789abcdef", at + 2) == close) message.erase(at, kId + 3);
  }
}

}  // namespace

std::string error_message(const base::HttpResponse& response) {
  std::string message;
  try {
    message = base::string_at(base::parse_json(response.body), "message");
  } catch (const Status&) {
    message = response.body;
  }
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.pop_back();
  drop_random_ids(message);
  if (!message.empty()) return message;
  return "the engine answered " + std::to_string(response.status) + " " +
         std::string(base::http_phrase(response.status));
}

Status error_of(const base::HttpResponse& response) {
  std::string message = error_message(response);
  return {reason_of(response.status, message), std::move(message)};
}

Status pull_error(int http_status, const std::string& message) {
  static constexpr std::array<std::string_view, 3> rate{"toomanyrequests", "rate limit", "Too Many Requests"};
  static constexpr std::array<std::string_view, 4> denied{"denied", "unauthorized", "authentication required",
                                                          "no basic auth credentials"};
  static constexpr std::array<std::string_view, 4> absent{"not found", "manifest unknown", "no matching manifest",
                                                          "does not exist"};
  if (holds_any(message, rate)) return {Reason::TooManyRequests, message};
  if (holds_any(message, denied)) return {Reason::Unauthorized, message};
  if (http_status == 404 || holds_any(message, absent)) return {Reason::NotFound, message};
  if (http_status == 400) return {Reason::BadRequest, message};
  return {Reason::ServiceUnavailable, message};
}

}  // namespace berth::docker
