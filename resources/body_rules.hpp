// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a request's body must be before its content counts: the right kind, the place that the URL names, the version
// that stands, no unknown fields. Upstream's order, reasons and words.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/request/request.hpp"

namespace berth::resources {

enum class Origin { Create, Update, Patch, Server };  // Server: Berth's own change, made from the live object

// Throws BadRequest unless an object of the kind's group and version with an object metadata (made when absent).
// Another kind is Invalid, as of a custom resource upstream, and BadRequest where the kind is built in; such a kind may
// leave apiVersion and kind out.
void check_type(const Kind& kind, Json& object);

// Throws BadRequest when the body names another object than the URL.
void check_place(const Kind& kind, const Json& object, std::string_view ns, std::string_view name);

// Throws BadRequest for a create's or update's values of types that upstream's decoder cannot read, before all else.
// Prunes, and gives the warnings for unknown and duplicate fields; under Strict they are thrown. `patch` is shown in
// the message when the origin is a patch.
std::vector<std::string> check_fields(const Kind& kind, Json& object, const std::vector<std::string>& duplicates,
                                      FieldValidation validation, Origin origin, const Json* patch);

// uid and resourceVersion against the live object's. Throws Conflict; Invalid for a uid changed by patch, for an
// update without a version where needs_version(), and for a version that is no number.
void check_precondition(const Kind& kind, const Json& object, const Json& live, Revision revision, Origin origin);

// What upstream's strategies (pkg/registry/*/*/strategy.go) say of a PUT: whether it has to name the version that it
// replaces (no AllowUnconditionalUpdate), and whether it makes what is not there (AllowCreateOnUpdate).
bool needs_version(const Kind& kind);
bool creates_on_update(const Kind& kind);

// The Conflict of a write whose uid or version is not the live one's.
base::Status uid_conflict(const Kind& kind, std::string_view name, std::string_view wanted, std::string_view found);
base::Status modified_conflict(const Kind& kind, std::string_view name);

}  // namespace berth::resources
