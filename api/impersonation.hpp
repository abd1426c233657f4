// SPDX-License-Identifier: Apache-2.0
#pragma once
// Acting as somebody else: Impersonate-User, -Group, -Uid and -Extra-<key>, each of which needs the verb impersonate.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
#include <optional>

#include "base/http.hpp"
#include "base/status.hpp"
#include "resources/rights/authorizer.hpp"

namespace berth::api {

struct RefusedRight {
  resources::Attributes wanted;
  base::Status status;  // Forbidden
};

// Makes `caller` the one that the headers ask for, with the real one as its impersonator; without such headers nothing
// happens. Gives the Forbidden of what is not allowed, and leaves `caller` as it is. Throws BadRequest for headers
// that name no user, and for a text that is no UTF-8 or longer than 1024 bytes.
std::optional<RefusedRight> impersonate(const resources::Authorizer& authorizer, const base::HttpRequest& request,
                                        resources::Caller& caller);

}  // namespace berth::api
