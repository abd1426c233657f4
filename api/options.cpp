// SPDX-License-Identifier: Apache-2.0
#include "api/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "api/content.hpp"
#include "base/status.hpp"
#include "base/utf8.hpp"
#include "resources/propagation.hpp"
#include "resources/request/invalid_options.hpp"

namespace berth::api {
namespace {

[[noreturn]] void refuse(std::string_view options_kind, std::string_view cause, std::string_view field,
                         std::string_view why) {
  base::Details details;
  details.group = "meta.k8s.io";
  details.kind = options_kind;
  details.causes = {{std::string(cause), std::string(why), std::string(field)}};
  throw base::Status(base::Reason::Invalid,
                     fmt::format("{}.meta.k8s.io \"\" is invalid: {}: {}", options_kind, field, why),
                     std::move(details));
}

std::string unsupported(std::string_view value, std::string_view supported) {
  return fmt::format("Unsupported value: \"{}\": supported values: {}", value, supported);
}

void check_dry_run(std::string_view options_kind, std::string_view value) {
  if (value != "All") refuse(options_kind, "FieldValueNotSupported", "dryRun", unsupported(value, "\"All\""));
}

resources::DryRun read_dry_run(const Query& query, std::string_view options_kind) {
  const auto values = query.get_all("dryRun");
  for (const std::string_view value : values) check_dry_run(options_kind, value);
  return values.empty() ? resources::DryRun::No : resources::DryRun::All;
}

resources::FieldValidation read_field_validation(const Query& query, std::string_view options_kind) {
  const std::string_view value = query.get("fieldValidation");
  if (value.empty() || value == "Warn") return resources::FieldValidation::Warn;
  if (value == "Ignore") return resources::FieldValidation::Ignore;
  if (value == "Strict") return resources::FieldValidation::Strict;
  refuse(options_kind, "FieldValueNotSupported", "fieldValidation",
         unsupported(value, R"("", "Ignore", "Strict", "Warn")"));
}

constexpr std::size_t kMaxManager = 128;

// "kubectl" of "kubectl/v1.37 (linux/amd64)", without what cannot be printed, cut between characters.
std::string manager_of_agent(std::string_view user_agent) {
  std::string manager(user_agent.substr(0, user_agent.find('/')));
  std::erase_if(manager, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return std::string(base::truncated(manager, kMaxManager));
}

std::string read_field_manager(const Query& query, std::string_view user_agent, std::string_view options_kind) {
  const std::string_view given = query.get("fieldManager");
  if (given.size() > kMaxManager) {
    refuse(options_kind, "FieldValueTooLong", "fieldManager",
           fmt::format("Too long: may not be more than {} bytes", kMaxManager));
  }
  if (std::ranges::any_of(given, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    refuse(options_kind, "FieldValueInvalid", "fieldManager",
           "Invalid value: should only contain printable characters");
  }
  return given.empty() ? manager_of_agent(user_agent) : std::string(given);
}

std::int64_t read_number(const Query& query, std::string_view name, std::int64_t least) {
  const std::string_view text = query.get(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) {
    throw base::bad_request(fmt::format("{}: \"{}\" is not a whole number of at least {}", name, text, least));
  }
  return value;
}

// 0 is no limit, and so is what is less: `kubectl get --chunk-size=-1` sends that, and upstream gives the whole list.
std::size_t read_limit(const Query& query) {
  if (query.get("limit").empty()) return 0;
  const std::int64_t limit = read_number(query, "limit", std::numeric_limits<std::int64_t>::min());
  return static_cast<std::size_t>(std::max<std::int64_t>(limit, 0));
}

constexpr std::string_view kListOptions = "ListOptions";
constexpr std::int64_t kMaxWatchSeconds = 7 * 24 * 3600;

resources::ListOptions read_selection(const Query& query) {
  resources::ListOptions options;
  options.label_selector = query.get("labelSelector");
  options.field_selector = query.get("fieldSelector");
  options.resource_version = query.get("resourceVersion");
  options.resource_version_match = query.get("resourceVersionMatch");
  options.limit = read_limit(query);
  options.continue_token = query.get("continue");
  return options;
}

// DeleteOptions.orphanDependents is propagationPolicy's older spelling.
std::string read_propagation(std::string policy, const std::optional<bool>& orphan) {
  if (orphan && !policy.empty()) {
    refuse("DeleteOptions", "FieldValueInvalid", "propagationPolicy",
           fmt::format("Invalid value: \"{}\": orphanDependents and deletionPropagation cannot be both set", policy));
  }
  resources::check_propagation(policy);
  if (orphan) return *orphan ? "Orphan" : "Background";
  return policy;
}

// A precondition of another type must not be read as none.
void check_delete_types(const base::Json& body) {
  const auto check = [&body](std::string_view path, std::string_view type, bool (*is_type)(const base::Json&)) {
    const base::Json* value = base::find_path(body, path);
    if (value == nullptr || value->is_null() || is_type(*value)) return;
    throw base::bad_request(fmt::format("DeleteOptions: {} must be {}", path, type));
  };
  const auto is_text = [](const base::Json& value) { return value.is_string(); };
  check("preconditions", "an object", [](const base::Json& value) { return value.is_object(); });
  check("preconditions.uid", "a string", is_text);
  check("preconditions.resourceVersion", "a string", is_text);
  check("propagationPolicy", "a string", is_text);
  // Accepted, and of no meaning: a Container's spec says how long it may take to stop.
  check("gracePeriodSeconds", "a whole number", [](const base::Json& value) { return value.is_int64(); });
  check("orphanDependents", "true or false", [](const base::Json& value) { return value.is_bool(); });
}

resources::DeleteOptions delete_options_of(const base::Json& body) {
  if (!body.is_object()) throw base::bad_request("DeleteOptions must be an object");
  const std::string_view kind = base::string_at(body, "kind");
  if (!kind.empty() && kind != "DeleteOptions") {
    throw base::bad_request(fmt::format("\"{}\" cannot be handled as DeleteOptions", kind));
  }
  check_delete_types(body);
  resources::DeleteOptions options;
  options.uid = base::string_at(body, "preconditions.uid");
  options.resource_version = base::string_at(body, "preconditions.resourceVersion");
  std::optional<bool> orphan;
  if (const base::Json* value = base::find_path(body, "orphanDependents"); value != nullptr && value->is_bool()) {
    orphan = value->as_bool();
  }
  options.propagation_policy = read_propagation(std::string(base::string_at(body, "propagationPolicy")), orphan);
  if (const base::Json* dry_run = base::find_path(body, "dryRun"); dry_run != nullptr && !dry_run->is_null()) {
    if (!dry_run->is_array()) throw base::bad_request("DeleteOptions: dryRun must be a list");
    for (const base::Json& value : dry_run->as_array()) {
      check_dry_run("DeleteOptions", value.is_string() ? std::string_view(value.as_string()) : std::string_view());
      options.dry_run = resources::DryRun::All;
    }
  }
  return options;
}

void check_initial_events(const Query& query, const resources::ListOptions& options) {
  const std::string& match = options.resource_version_match;
  const bool asked = !query.get("sendInitialEvents").empty();
  std::vector<base::Cause> causes;
  const auto refuse_match = [&causes](std::string reason, std::string message) {
    causes.push_back({std::move(reason), std::move(message), "resourceVersionMatch"});
  };
  const auto forbid = [&refuse_match](std::string_view why) {
    refuse_match("FieldValueForbidden", "Forbidden: " + std::string(why));
  };
  if (asked && match != "NotOlderThan")
    forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  if (!match.empty()) {
    if (!asked) forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    if (match != "NotOlderThan") refuse_match("FieldValueNotSupported", unsupported(match, "\"NotOlderThan\""));
    if (!options.continue_token.empty()) forbid("resourceVersionMatch is forbidden when continue is provided");
  }
  if (!causes.empty()) throw resources::invalid_options(kListOptions, std::move(causes));
}

}  // namespace

resources::WriteOptions read_write_options(const Query& query, std::string_view user_agent,
                                           std::string_view options_kind) {
  resources::WriteOptions options;
  options.dry_run = read_dry_run(query, options_kind);
  options.field_validation = read_field_validation(query, options_kind);
  options.field_manager = read_field_manager(query, user_agent, options_kind);
  return options;
}

resources::ApplyOptions read_apply_options(const Query& query) {
  resources::ApplyOptions options;
  options.write = read_write_options(query, "", "PatchOptions");
  if (options.write.field_manager.empty()) {
    refuse("PatchOptions", "FieldValueRequired", "fieldManager", "Required value: is required for apply patch");
  }
  options.force = query.flag("force");
  return options;
}

resources::DeleteOptions read_delete_options(const base::HttpRequest& request, const Query& query) {
  if (!request.body.empty()) return delete_options_of(decode_body(request).value);
  resources::DeleteOptions options;
  options.dry_run = read_dry_run(query, "DeleteOptions");
  std::optional<bool> orphan;
  if (query.has("orphanDependents")) orphan = query.flag("orphanDependents");
  options.propagation_policy = read_propagation(std::string(query.get("propagationPolicy")), orphan);
  // Of no meaning, as in the body; but what is no number is a request that was misspelt, and a deletion is for ever.
  if (!query.get("gracePeriodSeconds").empty()) read_number(query, "gracePeriodSeconds", 0);
  return options;
}

resources::ListOptions read_list_options(const Query& query) {
  if (!query.get("sendInitialEvents").empty()) {
    refuse(kListOptions, "FieldValueForbidden", "sendInitialEvents",
           "Forbidden: sendInitialEvents is forbidden for list");
  }
  if (!query.get("timeoutSeconds").empty()) read_number(query, "timeoutSeconds", 0);
  return read_selection(query);
}

WatchRequest read_watch_request(const Query& query) {
  WatchRequest request;
  request.list = read_selection(query);
  request.bookmarks = query.flag("allowWatchBookmarks");
  if (!query.get("timeoutSeconds").empty()) {
    // 0 is upstream's word for the default.
    const std::int64_t seconds = std::min(read_number(query, "timeoutSeconds", 0), kMaxWatchSeconds);
    if (seconds > 0) request.timeout = std::chrono::seconds(seconds);
  }
  check_initial_events(query, request.list);
  if (query.get("sendInitialEvents").empty()) return request;
  request.initial = query.flag("sendInitialEvents") ? WatchRequest::Initial::Sent : WatchRequest::Initial::Skipped;
  return request;
}

}  // namespace berth::api
