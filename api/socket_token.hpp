// SPDX-License-Identifier: Apache-2.0
#pragma once
// A browser cannot set headers on a WebSocket: its bearer token comes among the subprotocols that it offers.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#putting-a-bearer-token-in-a-request
#include "base/http.hpp"

namespace berth::api {

// Moves the token of a handshake that has no Authorization into one, so that nothing behind this sees it as a
// subprotocol. Nothing for other requests. Throws Unauthorized for two tokens, one that is no base64url of a text, and
// one that is offered without another subprotocol to answer with.
void move_socket_token(base::HttpRequest& request);

}  // namespace berth::api
