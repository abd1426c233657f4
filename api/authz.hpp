// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who may. Group system:masters may do everything; every other identity is refused.
#include <optional>

#include "api/request_info.hpp"
#include "base/status.hpp"
#include "resources/caller.hpp"

namespace berth::api {

// Nothing when allowed, else Forbidden in upstream's words.
std::optional<base::Status> refusal(const resources::Caller& caller, const RequestInfo& info);

}  // namespace berth::api
