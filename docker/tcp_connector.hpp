// SPDX-License-Identifier: Apache-2.0
#pragma once
// An engine that listens on TCP: with TLS and a client certificate, or in the clear on loopback.
#include <functional>
#include <memory>
#include <string>

#include "docker/connector.hpp"
#include "docker/ssh_identity.hpp"

namespace berth::docker {

struct TlsIdentity {
  std::string ca;  // PEM
  std::string certificate;
  WipedString key;
};
// Asked for each time a connection is made. Throws NotFound in words that name what is missing.
using TlsIdentitySource = std::function<TlsIdentity()>;

struct TcpTarget {
  std::string host;
  std::uint16_t port = 0;
  std::string server_name;     // expected in the engine's certificate
  TlsIdentitySource identity;  // none: in the clear
};

// Splits "192.0.2.7:2376" or "[2001:db8::7]:2376". Throws BadRequest.
std::pair<std::string, std::uint16_t> split_host_port(std::string_view address);

std::unique_ptr<Connector> tcp_connector(TcpTarget target);

}  // namespace berth::docker
