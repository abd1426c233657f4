// SPDX-License-Identifier: Apache-2.0
#include "resources/account_tokens.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "resources/audit/audit.hpp"
#include "resources/object/object_key.hpp"
#include "resources/object/object_meta.hpp"
#include "schemas/admit.hpp"
#include "schemas/causes.hpp"

namespace berth::resources {
namespace {

using std::chrono::seconds;

constexpr std::string_view kKeyName = "account-key";
constexpr std::string_view kKeyContext = "meta/account-key";
constexpr std::int64_t kShortest = 600;
constexpr std::int64_t kLongest = std::int64_t{1} << 32;
constexpr std::int64_t kUsual = 3600;
// A flood of tokens costs signatures again, not memory.
constexpr std::size_t kMostKnown = 4096;

const Kind& account_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("ServiceAccount");
  return kind;
}
const Kind& secret_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("Secret");
  return kind;
}
const Kind& request_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("TokenRequest");
  return kind;
}

std::int64_t epoch(base::WallTime time) { return std::chrono::floor<seconds>(time).time_since_epoch().count(); }

std::vector<std::string> texts_at(const Json& object, std::string_view path) {
  std::vector<std::string> texts;
  const Json* list = base::find_path(object, path);
  if (list == nullptr || !list->is_array()) return texts;
  for (const Json& text : list->get_array()) {
    if (text.is_string()) texts.emplace_back(text.get_string());
  }
  return texts;
}

// A token of what is about to go would be good for nothing.
void check_stays(const Kind& kind, std::string_view name, const Json& object) {
  if (!is_deleting(object)) return;
  throw base::conflict(kind.resource(), name, "it is being deleted, and no token is given out for it");
}

}  // namespace

Task<void> AccountTokens::open(std::string instance) {
  issuer_ = "https://berth.dev/instances/" + instance;
  store::Store& store = reader_.store();
  if (const auto sealed = store.get_meta(kKeyName)) {
    key_ = base::Es256Key::from_pem(keys_.open_sealed(*sealed, kKeyContext));
    co_return;
  }
  key_ = base::Es256Key::make();
  std::string sealed = keys_.seal(key_->pem(), kKeyContext);
  co_await store.put_meta(std::string(kKeyName), std::move(sealed));
}

void AccountTokens::check_request(const Json& request, std::string_view ns, std::string_view account) const {
  const std::string_view named = base::string_at(request, "metadata.name");
  const std::string_view placed = base::string_at(request, "metadata.namespace");
  if (!named.empty() && named != account) {
    throw base::bad_request("metadata.name \"" + std::string(named) + "\" must match the service account's name \"" +
                            std::string(account) + "\"");
  }
  if (!placed.empty() && placed != ns) {
    throw base::bad_request("metadata.namespace \"" + std::string(placed) + "\" must match the request's namespace \"" +
                            std::string(ns) + "\"");
  }
  schemas::Causes causes;
  const std::int64_t lifetime = base::int_at(request, "spec.expirationSeconds", kUsual);
  if (lifetime < kShortest) {
    causes.invalid("spec.expirationSeconds", lifetime, "may not specify a duration less than 10 minutes");
  }
  if (lifetime > kLongest) {
    causes.invalid("spec.expirationSeconds", lifetime, "may not specify a duration larger than 2^32 seconds");
  }
  std::vector<base::Cause> found = causes.take();
  if (!found.empty()) throw schemas::invalid(request_kind(), "", std::move(found));
}

std::optional<BoundSecret> AccountTokens::bound_secret(const Json& request, std::string_view ns) const {
  const Json* wanted = base::find_path(request, "spec.boundObjectRef");
  if (wanted == nullptr || !wanted->is_object()) return std::nullopt;
  const std::string kind(base::string_at(*wanted, "kind"));
  if (kind != "Secret" || base::string_at(*wanted, "apiVersion") != "v1") {
    throw base::bad_request("cannot bind token to object of kind \"" + kind + "\": only a Secret of v1 is served");
  }
  const std::string name(base::string_at(*wanted, "name"));
  const Json secret = reader_.get(secret_kind(), ns, name).parse();
  check_stays(secret_kind(), name, secret);
  const std::string uid(base::string_at(secret, "metadata.uid"));
  const std::string_view expected = base::string_at(*wanted, "uid");
  if (expected.empty() || expected == uid) return BoundSecret{name, uid};
  throw base::conflict("secrets", name,
                       "the UID in the bound object reference (" + std::string(expected) +
                           ") does not match the UID in record. The object might have been deleted and then recreated");
}

Task<Json> AccountTokens::answer(Caller caller, std::string ns, std::string account, Json request) {
  check_request(request, ns, account);
  const Json owner = reader_.get(account_kind(), ns, account).parse();
  check_stays(account_kind(), account, owner);
  TokenClaims claims;
  claims.issuer = issuer_;
  claims.id = base::random_uuid();
  claims.ns = ns;
  claims.account = account;
  claims.account_uid = base::string_at(owner, "metadata.uid");
  claims.audiences = texts_at(request, "spec.audiences");
  if (claims.audiences.empty()) claims.audiences = {issuer_};
  claims.secret = bound_secret(request, ns);
  claims.issued_at = epoch(clock_.now());
  const std::int64_t lifetime = base::int_at(request, "spec.expirationSeconds", kUsual);
  claims.expires_at = claims.issued_at + lifetime;
  std::string record = grant_record(caller, account_kind(), {ns, account, claims.account_uid}, clock_.now());
  co_await reader_.store().append(std::string(kAuditJournal), std::move(record));

  base::JsonObject& spec = base::make_path(request, "spec");
  spec["expirationSeconds"] = lifetime;
  spec["audiences"] = base::JsonArray(claims.audiences.begin(), claims.audiences.end());
  request.as_object()["metadata"] =
      base::JsonObject{{"creationTimestamp", base::format_time(clock_.now())}, {"name", account}, {"namespace", ns}};
  const base::WallTime end{seconds(*claims.expires_at)};
  request.as_object()["status"] =
      base::JsonObject{{"expirationTimestamp", base::format_time(end)}, {"token", sign_token(*key_, claims)}};
  co_return request;
}

std::string AccountTokens::token_of_secret(std::string_view ns, std::string_view account, std::string_view account_uid,
                                           BoundSecret secret) const {
  TokenClaims claims;
  claims.issuer = issuer_;
  claims.id = base::random_uuid();
  claims.ns = ns;
  claims.account = account;
  claims.account_uid = account_uid;
  claims.audiences = {issuer_};
  claims.secret = std::move(secret);
  claims.issued_at = epoch(clock_.now());
  return sign_token(*key_, claims);
}

std::shared_ptr<const AccountTokens::Known> AccountTokens::known(std::string_view token) const {
  std::string hash = base::sha256(token);
  auto seen = cache_.with([&hash](const auto& cache) {
    const auto found = cache.find(hash);
    return found == cache.end() ? nullptr : found->second;
  });
  if (!seen) {
    std::optional<TokenClaims> claims = read_token(*key_, token);
    if (!claims || claims->issuer != issuer_) return nullptr;
    seen = std::make_shared<const Known>(Known{*std::move(claims), 0, 0});
  }
  Known now = *seen;
  if (!is_live(token, *seen, now)) return nullptr;
  if (now.account == seen->account && now.secret == seen->secret) return seen;
  auto fresh = std::make_shared<const Known>(std::move(now));
  cache_.with([&](auto& cache) {
    if (cache.size() >= kMostKnown) cache.clear();
    cache.insert_or_assign(std::move(hash), fresh);
  });
  return fresh;
}

// Reads an object only when its version is another than at the last look.
bool AccountTokens::is_live(std::string_view token, const Known& known, Known& now) const {
  const TokenClaims& claims = known.claims;
  const std::int64_t time = epoch(clock_.now());
  if (claims.expires_at && time >= *claims.expires_at) return false;
  const auto account = reader_.entry(target_of(account_kind(), claims.ns, claims.account));
  if (!account) return false;
  if (account->revision != known.account) {
    const Json object = base::parse_json(*account->value);
    if (base::string_at(object, "metadata.uid") != claims.account_uid || is_deleting(object)) return false;
    now.account = account->revision;
  }
  if (!claims.secret) return true;
  const auto secret = reader_.entry(target_of(secret_kind(), claims.ns, claims.secret->name));
  if (!secret) return false;
  if (secret->revision == known.secret) return true;
  const Json object = reader_.present(secret_kind(), *secret).parse();
  if (base::string_at(object, "metadata.uid") != claims.secret->uid || is_deleting(object)) return false;
  // A Secret's own token is good as long as it stands there.
  if (!claims.expires_at && base::string_at(object, "data.token") != base::to_base64(token)) return false;
  now.secret = secret->revision;
  return true;
}

std::optional<AccountTokens::Bearer> AccountTokens::find(std::string_view token,
                                                         const std::vector<std::string>& audiences) const {
  const auto seen = known(token);
  if (!seen) return std::nullopt;
  const TokenClaims& claims = seen->claims;
  Bearer bearer;
  for (const std::string& audience : audiences) {
    if (std::ranges::find(claims.audiences, audience) != claims.audiences.end()) bearer.audiences.push_back(audience);
  }
  if (bearer.audiences.empty()) return std::nullopt;
  bearer.caller = account_caller(claims.ns, claims.account, claims.account_uid);
  bearer.caller.extra["authentication.kubernetes.io/credential-id"] = {"JTI=" + claims.id};
  return bearer;
}

std::optional<Caller> AccountTokens::authenticate(std::string_view token) const {
  auto bearer = find(token, {issuer_});
  if (!bearer) return std::nullopt;
  return std::move(bearer->caller);
}

Caller account_caller(std::string_view ns, std::string_view account, std::string_view uid) {
  Caller caller;
  caller.user = "system:serviceaccount:" + std::string(ns) + ":" + std::string(account);
  caller.groups = {"system:serviceaccounts", "system:serviceaccounts:" + std::string(ns), "system:authenticated"};
  caller.auth_method = "serviceaccount";
  caller.uid = uid;
  return caller;
}

}  // namespace berth::resources
