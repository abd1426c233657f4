// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the next page of a list begins. Clients hand it back as it is; its form is upstream's, with a count more.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "store/store.hpp"

namespace berth::resources {

struct ContinueToken {
  store::Revision revision = 0;  // of the first page; 0: whatever is newest, because the first page's is gone
  std::string last;              // the last key served, without the prefix of the list
  std::optional<std::uint64_t> remaining = std::nullopt;  // behind that key, of the revision; unknown with selectors

  std::string encode() const;
  // Throws BadRequest in upstream's words.
  static ContinueToken decode(std::string_view text);
};

// The list's revision is gone. Carries a token with which the rest can be had of the newest revision.
class ContinueExpired : public base::Status {
 public:
  explicit ContinueExpired(ContinueToken token);
  const std::string& token() const { return token_; }

 private:
  std::string token_;
};

}  // namespace berth::resources
