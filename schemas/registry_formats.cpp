// SPDX-License-Identifier: Apache-2.0
#include "schemas/registry_formats.hpp"

#include "base/status.hpp"
#include "base/tls.hpp"
#include "schemas/engine_formats.hpp"

namespace berth::schemas {

std::string_view check_registry_server(std::string_view text) {
  constexpr std::string_view kBad =
      "must be a registry's host, with a port or without, such as ghcr.io or registry.example:5000; no scheme, no path";
  const bool ported = text.rfind(':') != std::string_view::npos && !text.ends_with(']');
  if (ported) return check_host_port(text).empty() ? "" : kBad;
  if (text.starts_with('[') && text.size() > 2) {
    return check_ipv6(text.substr(1, text.size() - 2)).empty() ? "" : kBad;
  }
  return check_host_address(text).empty() ? "" : kBad;
}

std::string_view check_pem_certificates(std::string_view text) {
  try {
    base::certificate_expiry(std::string(text));
    return "";
  } catch (const base::Status&) {
    return "must be certificates in PEM (-----BEGIN CERTIFICATE-----)";
  }
}

}  // namespace berth::schemas
