// SPDX-License-Identifier: Apache-2.0
#include "api/socket_token.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::api {
namespace {

const std::string kToken = "base64url.bearer.authorization.k8s.io." + base::to_bare_base64url("a>b?c-token");

base::HttpRequest handshake(const std::string& protocols) {
  base::HttpRequest request;
  request.headers.add("Upgrade", "websocket");
  request.headers.add("Connection", "Upgrade");
  request.headers.add("Sec-WebSocket-Protocol", protocols);
  return request;
}

TEST(SocketToken, BecomesTheAuthorizationAndIsNoSubprotocolAnyMore) {
  for (const std::string& protocols : {"v4.channel.k8s.io," + kToken + ", x", kToken + ",v4.channel.k8s.io, x"}) {
    base::HttpRequest request = handshake(protocols);
    move_socket_token(request);
    EXPECT_EQ(request.headers.get("Authorization"), "Bearer a>b?c-token");
    EXPECT_EQ(request.headers.get("Sec-WebSocket-Protocol"), "v4.channel.k8s.io, x");
  }
  base::HttpRequest two = handshake(kToken);
  two.headers.add("Sec-WebSocket-Protocol", "v4.channel.k8s.io");
  move_socket_token(two);
  EXPECT_EQ(two.headers.get("Authorization"), "Bearer a>b?c-token");
}

TEST(SocketToken, IsReadOfAHandshakeAlone) {
  base::HttpRequest plain;
  plain.headers.add("Sec-WebSocket-Protocol", "x, " + kToken);
  move_socket_token(plain);
  EXPECT_FALSE(plain.headers.has("Authorization"));
  base::HttpRequest told = handshake("x, " + kToken);
  told.headers.add("Authorization", "Bearer other");
  move_socket_token(told);
  EXPECT_EQ(told.headers.get("Authorization"), "Bearer other");
  base::HttpRequest none = handshake("v4.channel.k8s.io");
  move_socket_token(none);
  EXPECT_FALSE(none.headers.has("Authorization"));
  EXPECT_EQ(none.headers.get("Sec-WebSocket-Protocol"), "v4.channel.k8s.io");
}

TEST(SocketToken, ThatIsNoneIsUnauthorized) {
  const std::string prefix = "base64url.bearer.authorization.k8s.io.";
  for (const std::string& protocols :
       {kToken, kToken + "," + kToken + ",x", prefix + ",x", prefix + "a+b,x", prefix + "YQ==,x", prefix + "!,x",
        prefix + base::to_bare_base64url("\xff\xfe") + ",x", prefix + base::to_bare_base64url("a\r\nX: y") + ",x"}) {
    base::HttpRequest request = handshake(protocols);
    try {
      move_socket_token(request);
      ADD_FAILURE() << protocols;
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::Unauthorized) << protocols;
    }
  }
}

}  // namespace
}  // namespace berth::api
