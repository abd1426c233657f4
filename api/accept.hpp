// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Accept and If-None-Match headers as values. Pure.
#include <string>
#include <string_view>
#include <vector>

namespace berth::api {

// One media type that the client takes.
struct AcceptClause {
  std::string type;     // "application/json", in small letters
  std::string as;       // the kind to answer with, such as Table
  std::string group;    // its group
  std::string version;  // its version
  double quality = 1;

  // Whether an answer of this media type ("application/json") fits, wildcards and all.
  bool takes(std::string_view media_type) const;
};

// The clauses by falling quality, ties in the header's order; those of quality 0 are left out.
std::vector<AcceptClause> read_accept(std::string_view accept);

// Whether a client that holds what If-None-Match lists holds `etag` (with its quotes). RFC 9110, section 13.1.2.
bool holds_etag(std::string_view if_none_match, std::string_view etag);

// Whether Accept-Encoding takes gzip. RFC 9110, section 12.5.3.
bool takes_gzip(std::string_view accept_encoding);

}  // namespace berth::api
