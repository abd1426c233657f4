// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which right a request needs, and the refusal of one that lacks it. Who holds what, resources knows.
#include <optional>

#include "api/request_info.hpp"
#include "base/status.hpp"
#include "resources/rights/authorizer.hpp"

namespace berth::api {

resources::Attributes attributes_of(const RequestInfo& info);

// Nothing when allowed, else Forbidden in upstream's words.
std::optional<base::Status> refusal(const resources::Authorizer& authorizer, const resources::Caller& caller,
                                    const RequestInfo& info);

}  // namespace berth::api
