// SPDX-License-Identifier: Apache-2.0
#include "resources/web_token.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/status.hpp"

namespace berth::resources {
namespace {

using base::Json;
using base::JsonObject;

constexpr std::string_view kPrivateClaims = "kubernetes.io";
constexpr std::size_t kLongestToken = 8192;

JsonObject reference(std::string_view name, std::string_view uid) { return {{"name", name}, {"uid", uid}}; }

// The payload's object below "kubernetes.io", whose key holds a dot.
const Json* private_claims(const Json& payload) {
  return payload.is_object() ? payload.get_object().if_contains(kPrivateClaims) : nullptr;
}

std::optional<TokenClaims> read_claims(const Json& payload) {
  const Json* ours = private_claims(payload);
  const Json* audiences = base::find_path(payload, "aud");
  if (ours == nullptr || audiences == nullptr || !audiences->is_array()) return std::nullopt;
  TokenClaims claims;
  claims.issuer = base::string_at(payload, "iss");
  claims.id = base::string_at(payload, "jti");
  claims.ns = base::string_at(*ours, "namespace");
  claims.account = base::string_at(*ours, "serviceaccount.name");
  claims.account_uid = base::string_at(*ours, "serviceaccount.uid");
  for (const Json& audience : audiences->get_array()) {
    if (audience.is_string()) claims.audiences.emplace_back(audience.get_string());
  }
  claims.issued_at = base::int_at(payload, "iat");
  if (base::find_path(payload, "exp") != nullptr) claims.expires_at = base::int_at(payload, "exp");
  if (const Json* secret = base::find_path(*ours, "secret")) {
    claims.secret = {std::string(base::string_at(*secret, "name")), std::string(base::string_at(*secret, "uid"))};
  }
  if (claims.ns.empty() || claims.account.empty() || claims.account_uid.empty()) return std::nullopt;
  // Only the end of the Secret ends a token without an end of its own.
  if (!claims.expires_at && !claims.secret) return std::nullopt;
  return claims;
}

}  // namespace

std::string sign_token(const base::Es256Key& key, const TokenClaims& claims) {
  const JsonObject header{{"alg", "ES256"}, {"kid", key.id()}, {"typ", "JWT"}};
  JsonObject ours{{"namespace", claims.ns}, {"serviceaccount", reference(claims.account, claims.account_uid)}};
  if (claims.secret) ours["secret"] = reference(claims.secret->name, claims.secret->uid);
  JsonObject payload{{"aud", base::JsonArray(claims.audiences.begin(), claims.audiences.end())},
                     {"iat", claims.issued_at},
                     {"iss", claims.issuer},
                     {"jti", claims.id},
                     {"nbf", claims.issued_at},
                     {"sub", "system:serviceaccount:" + claims.ns + ":" + claims.account},
                     {kPrivateClaims, std::move(ours)}};
  if (claims.expires_at) payload["exp"] = *claims.expires_at;
  std::string token =
      base::to_bare_base64url(base::to_canonical(header)) + "." + base::to_bare_base64url(base::to_canonical(payload));
  const std::string signature = key.sign(token);
  return token += "." + base::to_bare_base64url(signature);
}

std::optional<TokenClaims> read_token(const base::Es256Key& key, std::string_view token) {
  const std::size_t last = token.rfind('.');
  const std::size_t first = token.find('.');
  if (token.size() > kLongestToken || first == std::string_view::npos || first == last) return std::nullopt;
  try {
    // The header may say what it likes: there is one key and one algorithm.
    if (!key.verify(token.substr(0, last), base::from_bare_base64url(token.substr(last + 1)))) return std::nullopt;
    return read_claims(base::parse_json(base::from_bare_base64url(token.substr(first + 1, last - first - 1))));
  } catch (const base::Status&) {
    return std::nullopt;
  }
}

}  // namespace berth::resources
