// SPDX-License-Identifier: Apache-2.0
#include "api/socket_token.hpp"

#include "api/header_text.hpp"
#include "base/crypto.hpp"
#include "base/status.hpp"
#include "base/utf8.hpp"
#include "base/websocket.hpp"

namespace berth::api {
namespace {

constexpr const char* kProtocol = "Sec-WebSocket-Protocol";
constexpr std::string_view kPrefix = "base64url.bearer.authorization.k8s.io.";

[[noreturn]] void refuse(std::string_view why) {
  throw base::Status(base::Reason::Unauthorized, "Unauthorized: " + std::string(why));
}

std::string decode(std::string_view text) {
  std::string token;
  try {
    token = base::from_bare_base64url(text);
  } catch (const base::Status&) {
    refuse("the token is not base64url");
  }
  if (token.empty() || !base::is_utf8(token) || token.find_first_of("\r\n") != std::string::npos) {
    refuse("the token is no text");
  }
  return token;
}

}  // namespace

void move_socket_token(base::HttpRequest& request) {
  if (!base::asks_for_websocket(request) || request.headers.has("Authorization")) return;
  std::string token;
  std::string others;
  for (const std::string_view header : request.headers.get_all(kProtocol)) {
    for (const std::string_view protocol : split(header, ',')) {
      if (!protocol.starts_with(kPrefix)) {
        others.append(others.empty() ? "" : ", ").append(protocol);
      } else if (!token.empty()) {
        refuse("more than one token among the subprotocols");
      } else {
        token = decode(protocol.substr(kPrefix.size()));
      }
    }
  }
  if (token.empty()) return;
  if (others.empty()) refuse("a token needs another subprotocol beside it");
  request.headers.set(kProtocol, std::move(others));
  request.headers.add("Authorization", "Bearer " + token);
}

}  // namespace berth::api
