// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a write does to metadata.managedFields, and what server-side apply makes of an object: upstream's field manager.
// Pure functions; the objects' own metadata.managedFields is never looked at.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/managedfields
#include "base/clock.hpp"
#include "resources/apply/managed_fields.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

// Who writes, through which part, and when.
struct FieldWriter {
  std::string manager;
  Part part = Part::Main;
  base::WallTime now;
};

// What `live` has; or what the request sent in its stead, which may also be a wish to start anew: [] or [{}].
// What cannot be read counts as not sent. Throws BadRequest where a member has the wrong type.
ManagedFields managed_before(const Json& live, const Json* sent);

// `now` replaces `live` ({} for a new object): the writer owns what it changed, nobody what is gone.
void track_update(const Kind& kind, const Json& live, const Json& now, const FieldWriter& writer,
                  ManagedFields& managed);

struct Applied {
  Json value;  // the live object with the configuration merged in
  ManagedFields managed;
};
enum class OnConflict { Refuse, Force };

// `live` is null for an object that is not there. Throws Conflict with a cause for each field that another manager
// set otherwise. Manager "kubectl" takes what client-side apply has set, which an annotation tells.
Applied apply_configuration(const Kind& kind, const Json& live, const Json& configuration, ManagedFields managed,
                            const FieldWriter& writer, OnConflict on_conflict);

}  // namespace berth::resources
