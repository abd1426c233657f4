// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tokens of ServiceAccounts: given out by the subresource token, or kept in a Secret. They are signed, not stored;
// one ends with its time, its ServiceAccount, or the Secret that it is bound to, and as soon as the deletion of either
// begins, which a finalizer may draw out. The signing key is sealed in the store.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "resources/object_reader.hpp"
#include "resources/web_token.hpp"

namespace berth::resources {

class AccountTokens {
 public:
  // All outlive it.
  AccountTokens(const ObjectReader& reader, const store::KeyRing& keys, const base::Clock& clock)
      : reader_(reader), keys_(keys), clock_(clock) {}

  // Reads the key, or makes one. Once, before anything else here. `instance` names the issuer.
  Task<void> open(std::string instance);

  // Answers a TokenRequest: the same with its status. Throws NotFound for the account or the bound Secret, Conflict
  // while either is being deleted, Invalid and BadRequest for what upstream refuses. On record before it is given out.
  Task<Json> answer(Caller caller, std::string ns, std::string account, Json request);
  // The token that a Secret of type kubernetes.io/service-account-token holds.
  std::string token_of_secret(std::string_view ns, std::string_view account, std::string_view account_uid,
                              BoundSecret secret) const;

  // Whose token it is, and those of `audiences` that it is meant for. Nothing for one that is not, or no longer, good.
  struct Bearer {
    Caller caller;
    std::vector<std::string> audiences;
  };
  std::optional<Bearer> find(std::string_view token, const std::vector<std::string>& audiences) const;
  // The same for requests to this server.
  std::optional<Caller> authenticate(std::string_view token) const;
  // What a token must be meant for to be good here.
  const std::string& audience() const { return issuer_; }

 private:
  // A token whose signature was checked, with the versions of what it depends on at the last full look.
  struct Known {
    TokenClaims claims;
    Revision account = 0;
    Revision secret = 0;
  };
  std::shared_ptr<const Known> known(std::string_view token) const;
  bool is_live(std::string_view token, const Known& known, Known& now) const;
  void check_request(const Json& request, std::string_view ns, std::string_view account) const;
  std::optional<BoundSecret> bound_secret(const Json& request, std::string_view ns) const;

  const ObjectReader& reader_;
  const store::KeyRing& keys_;
  const base::Clock& clock_;
  std::optional<base::Es256Key> key_;
  std::string issuer_;
  mutable base::Guarded<std::unordered_map<std::string, std::shared_ptr<const Known>>> cache_;  // by hash
};

// The identity behind an account, as every token of it gives.
Caller account_caller(std::string_view ns, std::string_view account, std::string_view uid);

}  // namespace berth::resources
