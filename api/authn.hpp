// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who asks. A client certificate's CN is the user and each O a group; bearer tokens are those of a static file
// and of ServiceAccounts.
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tls.hpp"
#include "resources/request/caller.hpp"

namespace berth::resources {
class AccountTokens;
}

namespace berth::api {

// kube-apiserver's --token-auth-file: token,user,uid,"group1,group2" a line. Tokens are kept as hashes only.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file
class TokenTable {
 public:
  TokenTable() = default;
  // Throws BadRequest with the line for a malformed table; never with a token.
  static TokenTable parse(std::string_view csv);
  // Throws NotFound when absent. A file that others may read is taken, with a warning in the log.
  static TokenTable read(const std::filesystem::path& path);

  // Takes the same time whichever row matches. nullptr when none does.
  const resources::Caller* find(std::string_view token) const;
  std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::string token_hash;
    resources::Caller caller;
  };
  std::vector<Row> rows_;
};

// Where bearer tokens are looked up.
struct TokenSources {
  const TokenTable& file;
  const resources::AccountTokens* accounts = nullptr;  // nullptr: none
};

// The caller behind one request, in group system:authenticated too. `authorization` is the header's value. Throws
// Unauthorized when there is no credential, or one that is wrong.
resources::Caller authenticate(const std::optional<base::PeerCertificate>& certificate, std::string_view authorization,
                               TokenSources tokens);

}  // namespace berth::api
