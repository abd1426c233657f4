// SPDX-License-Identifier: Apache-2.0
#pragma once
// Query parameters and DeleteOptions as what resources understands. Values that are none are refused in
// upstream's words: Invalid for options, BadRequest for numbers and tokens.
#include <chrono>
#include <optional>

#include "api/request_info.hpp"
#include "base/http.hpp"
#include "resources/resources.hpp"

namespace berth::api {

// fieldManager (default: the User-Agent before its slash), fieldValidation, dryRun. `options_kind` is the upstream
// kind that messages name: CreateOptions, UpdateOptions, PatchOptions.
resources::WriteOptions read_write_options(const Query& query, std::string_view user_agent,
                                           std::string_view options_kind);

// The same for an apply, where fieldManager is required; and force.
resources::ApplyOptions read_apply_options(const Query& query);

// The body when there is one (JSON or YAML), else the query.
resources::DeleteOptions read_delete_options(const base::HttpRequest& request, const Query& query);

// Selectors, resourceVersion and its match, limit and continue. Whether they go together, resources says.
resources::ListOptions read_list_options(const Query& query);

struct WatchRequest {
  resources::ListOptions list;                                               // selectors, and where to begin
  enum class Initial { Default, Sent, Skipped } initial = Initial::Default;  // sendInitialEvents
  bool bookmarks = false;
  std::optional<std::chrono::seconds> timeout;
};
WatchRequest read_watch_request(const Query& query);

}  // namespace berth::api
