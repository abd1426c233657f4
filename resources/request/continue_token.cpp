// SPDX-License-Identifier: Apache-2.0
#include "resources/request/continue_token.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/json.hpp"

namespace berth::resources {
namespace {

using base::Json;

constexpr std::string_view kVersion = "meta.k8s.io/v1";
constexpr std::int64_t kNewest = -1;

base::Status not_valid(std::string_view why) {
  return base::bad_request("invalid continue token: continue key is not valid" + std::string(why));
}

Json read_text(std::string_view text) {
  std::string bytes;
  try {
    bytes = base::from_bare_base64url(text);
  } catch (const base::Status&) {
    throw not_valid(": illegal base64 data");
  }
  try {
    Json token = base::parse_json(bytes);
    if (token.is_object()) return token;
  } catch (const base::Status& malformed) {
    throw not_valid(": " + malformed.message());
  }
  throw not_valid(": it is no object");
}

// A key below the list's prefix and nowhere else.
bool is_clean(std::string_view key) {
  while (true) {
    const std::string_view step = key.substr(0, key.find('/'));
    if (step.empty() || step == "." || step == "..") return false;
    if (step.size() == key.size()) return true;
    key.remove_prefix(step.size() + 1);
  }
}

}  // namespace

std::string ContinueToken::encode() const {
  Json token = base::JsonObject{{"v", kVersion}, {"start", last + '\0'}};
  if (remaining) token.get_object()["remaining"] = *remaining;
  token.get_object()["rv"] = revision == 0 ? Json(kNewest) : Json(revision);
  return base::to_bare_base64url(base::to_canonical(token));
}

ContinueToken ContinueToken::decode(std::string_view text) {
  const Json token = read_text(text);
  const std::string_view version = base::string_at(token, "v");
  if (version != kVersion) throw not_valid(": server does not recognize this encoded version " + std::string(version));
  const std::int64_t revision = base::int_at(token, "rv");
  if (revision == 0) throw not_valid(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  std::string_view start = base::string_at(token, "start");
  if (start.empty()) throw not_valid(": encoded start key empty (version meta.k8s.io/v1)");
  // Each token of ours begins right behind a key.
  if (start.back() != '\0' || !is_clean(start.substr(0, start.size() - 1))) {
    throw not_valid(": " + std::string(start));
  }
  start.remove_suffix(1);
  ContinueToken read;
  read.revision = revision < 0 ? 0 : static_cast<store::Revision>(revision);
  read.last = start;
  if (const std::int64_t remaining = base::int_at(token, "remaining"); remaining > 0) {
    read.remaining = static_cast<std::uint64_t>(remaining);
  }
  return read;
}

ContinueExpired::ContinueExpired(ContinueToken token)
    : Status(base::Reason::Expired,
             "The provided continue parameter is too old to display a consistent list result. You can start a new list "
             "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
             "the results. Continuing with the provided token results in an inconsistent list - objects that were "
             "created, modified, or deleted between the time the first chunk was returned and now may show up in the "
             "list.") {
  token.revision = 0;
  token.remaining.reset();
  token_ = token.encode();
}

}  // namespace berth::resources
