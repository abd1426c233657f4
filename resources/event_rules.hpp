// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an Event has to be beyond its schema. Upstream's rules and words: pkg/apis/core/validation/events.go.
#include <vector>

#include "base/json.hpp"
#include "base/status.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

// Nothing for other kinds. Through events.k8s.io (`seen_as`) nearly all is required, and nothing but the series and
// the metadata may change; core's own API is as lenient as it always was. Fields have core's names in both, as
// upstream has it. `before` is the stored object of an update, else nullptr.
std::vector<base::Cause> check_event(const schemas::Kind& kind, const schemas::Kind* seen_as, const base::Json& object,
                                     const base::Json* before);

}  // namespace berth::resources
