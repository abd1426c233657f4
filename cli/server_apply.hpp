// SPDX-License-Identifier: Apache-2.0
#pragma once
// Server-side apply of one object, as apply and diff do it.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/
#include <optional>
#include <string>

#include "cli/session.hpp"

namespace berth::cli {

enum class Conflicts { Refuse, Force };
enum class Writing { Real, DryRun };

struct ApplyMode {
  Conflicts conflicts = Conflicts::Refuse;
  Writing writing = Writing::Real;
  std::string manager = "berth";
};

struct Applied {
  std::optional<Json> before;  // nothing when the object was not there
  Json after;
  std::string word;  // created, configured, unchanged
};

// Fields that client-side apply has set become the manager's first. A conflict with others is thrown as BadRequest
// naming each field, its manager, and what can be done.
Task<Applied> apply_object(Session& session, Address address, Json wanted, ApplyMode mode);

// The manifest's object as it is to be sent: in the namespace where it belongs.
Json placed(const Manifest& manifest, const Address& address);

}  // namespace berth::cli
