// SPDX-License-Identifier: Apache-2.0
#pragma once
// The JSON Web Tokens of ServiceAccounts (RFC 7519, ES256), with upstream's claims. Pure.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/es256.hpp"

namespace berth::resources {

struct BoundSecret {
  std::string name;
  std::string uid;
};

struct TokenClaims {
  std::string issuer;
  std::string id;
  std::string ns;
  std::string account;
  std::string account_uid;
  std::vector<std::string> audiences;
  std::int64_t issued_at = 0;              // seconds of the epoch
  std::optional<std::int64_t> expires_at;  // absent: lives as long as its Secret
  std::optional<BoundSecret> secret;
};

std::string sign_token(const base::Es256Key& key, const TokenClaims& claims);
// Nothing unless the key signed it and it says all that a token of ours says. It may have expired.
std::optional<TokenClaims> read_token(const base::Es256Key& key, std::string_view token);

}  // namespace berth::resources
