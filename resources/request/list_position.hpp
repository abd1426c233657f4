// SPDX-License-Identifier: Apache-2.0
#pragma once
// Of which revision a list is, and where it begins: what resourceVersion, resourceVersionMatch, limit and continue
// mean together. https://kubernetes.io/docs/reference/using-api/api-concepts/#the-resourceversion-parameter
#include <optional>
#include <string>

#include "resources/request/continue_token.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

struct ListPosition {
  Revision not_before = 0;            // the store must be there first
  std::optional<Revision> at;         // exactly this one; absent: the newest
  std::size_t limit = 0;              // 0: everything
  std::optional<ContinueToken> from;  // the page before
};

// Throws Invalid for options that do not go together, BadRequest for a revision or a token that is none.
ListPosition read_list_position(const ListOptions& options);

// For a revision that was waited for and did not come.
base::Status too_large_revision(Revision wanted, Revision newest);

// Decimal; nothing when malformed.
std::optional<Revision> parse_revision(std::string_view text);
// A resourceVersion that must be a number. Throws BadRequest.
Revision read_revision(std::string_view text);

}  // namespace berth::resources
