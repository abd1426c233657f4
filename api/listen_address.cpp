// SPDX-License-Identifier: Apache-2.0
#include "api/listen_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <string>

#include "base/status.hpp"

namespace berth::api {
namespace {

// "127.0.0.1" of "127.0.0.1:7443", "::1" of "[::1]:7443".
std::string host_of(std::string_view address) {
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

}  // namespace

void require_loopback(std::string_view address, std::string_view what) {
  const std::string host = host_of(address);
  in_addr v4{};
  in6_addr v6{};
  const bool loopback = (inet_pton(AF_INET, host.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127) ||
                        (inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6)) ||
                        host == "localhost";
  if (loopback) return;
  throw base::Status(
      base::Reason::Forbidden,
      fmt::format("{} would be plain HTTP on {}, which is no loopback address: give it a certificate, or "
                  "listen on 127.0.0.1",
                  what, address));
}

}  // namespace berth::api
