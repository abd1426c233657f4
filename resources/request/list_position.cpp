// SPDX-License-Identifier: Apache-2.0
#include "resources/request/list_position.hpp"

#include <charconv>

#include "resources/request/invalid_options.hpp"

namespace berth::resources {
namespace {

void check_match(const ListOptions& options) {
  const std::string& match = options.resource_version_match;
  if (match.empty()) return;
  std::vector<base::Cause> causes;
  const auto refuse = [&causes](std::string reason, std::string message) {
    causes.push_back({std::move(reason), std::move(message), "resourceVersionMatch"});
  };
  const auto forbid = [&refuse](std::string_view why) {
    refuse("FieldValueForbidden", "Forbidden: resourceVersionMatch " + std::string(why));
  };
  if (options.resource_version.empty()) forbid("is forbidden unless resourceVersion is provided");
  if (!options.continue_token.empty()) forbid("is forbidden when continue is provided");
  if (match != "Exact" && match != "NotOlderThan") {
    refuse("FieldValueNotSupported",
           "Unsupported value: \"" + match + R"(": supported values: "Exact", "NotOlderThan", "")");
  }
  if (match == "Exact" && options.resource_version == "0") forbid(R"("exact" is forbidden for resourceVersion "0")");
  if (!causes.empty()) throw invalid_options("ListOptions", std::move(causes));
}

}  // namespace

base::Status too_large_revision(Revision wanted, Revision newest) {
  base::Details details;
  details.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  details.retry_after = std::chrono::seconds(1);
  return {base::Reason::Timeout,
          "Too large resource version: " + std::to_string(wanted) + ", current: " + std::to_string(newest),
          std::move(details)};
}

std::optional<Revision> parse_revision(std::string_view text) {
  Revision revision = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return revision;
}

Revision read_revision(std::string_view text) {
  if (const auto revision = parse_revision(text)) return *revision;
  throw base::bad_request("invalid resource version: resourceVersion: Invalid value: \"" + std::string(text) +
                          "\": must be a number");
}

ListPosition read_list_position(const ListOptions& options) {
  check_match(options);
  ListPosition position;
  const bool any = options.resource_version == "0";
  const Revision revision = options.resource_version.empty() ? 0 : read_revision(options.resource_version);
  // Any revision will do: upstream answers it whole, from its cache.
  if (any) return position;
  position.limit = options.limit;
  if (!options.continue_token.empty()) {
    if (revision != 0) throw base::bad_request("specifying resource version is not allowed when using continue");
    position.from = ContinueToken::decode(options.continue_token);
    position.not_before = position.from->revision;
    if (position.not_before != 0) position.at = position.not_before;
    return position;
  }
  position.not_before = revision;
  // With a limit, a bare revision has meant that very one since before there was a match.
  const bool exact = options.resource_version_match == "Exact" ||
                     (options.resource_version_match.empty() && options.limit > 0 && revision > 0);
  if (exact) position.at = revision;
  return position;
}

}  // namespace berth::resources
