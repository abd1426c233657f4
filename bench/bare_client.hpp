// SPDX-License-Identifier: Apache-2.0
#pragma once
// A TLS connection with nothing around it, for a client of a thousand watches that must cost less than their server:
// one receive and one decryption for what came.
#include <functional>
#include <string_view>

#include "base/openssl_handles.hpp"
#include "bench/api_session.hpp"

namespace berth::bench {

base::SslContextPtr make_bare_context(const Credentials& credentials);

class BareClient {
 public:
  // Blocks until it is connected. Throws InternalError, as the others do.
  BareClient(SSL_CTX& context, const Credentials& credentials);
  ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  int socket() const { return socket_; }
  // Blocks until all is written.
  void send(std::string_view bytes);
  // Hands over what has come, piece by piece, and never blocks. Throws at the end of the stream.
  void receive(const std::function<void(std::string_view)>& take);

 private:
  int socket_ = -1;
  base::SslPtr ssl_;
};

}  // namespace berth::bench
