// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/duration.hpp"
#include "cli/object_output.hpp"
#include "cli/server_queries.hpp"

namespace berth::cli {
namespace {

Json token_spec(const TokenOptions& options) {
  Json spec = base::JsonObject{};
  if (!options.audiences.empty()) {
    base::JsonArray audiences;
    for (const std::string& audience : options.audiences) {
      if (audience.empty()) throw base::bad_request("--audience must not be an empty string");
      audiences.emplace_back(audience);
    }
    spec.get_object()["audiences"] = std::move(audiences);
  }
  if (options.duration.empty()) return spec;
  const auto length = parse_duration(options.duration);
  if (length.count() < 0) throw base::bad_request("--duration must be greater than or equal to 0");
  if (length.count() % 1000 != 0) {
    throw base::bad_request("--duration cannot be expressed in units less than seconds");
  }
  if (length.count() > 0) spec.get_object()["expirationSeconds"] = length.count() / 1000;
  return spec;
}

}  // namespace

Task<int> run_create_token(Session& session, TokenOptions options) {
  const Json body{{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}, {"spec", token_spec(options)}};
  const Resource& accounts = session.discovery.find_kind("v1", "ServiceAccount");
  std::string text = base::to_canonical(body);
  Reply reply = co_await session.client.send("POST", accounts.path(session.ns, options.account) + "/token",
                                             "application/json", std::move(text));
  print_warnings(session, reply);
  const std::string_view token = base::string_at(reply.body, "status.token");
  if (token.empty()) throw base::internal_error("failed to create token: no token in server response");
  if (!options.output.empty()) {
    print_value(session.out, reply.body, options.output);
  } else {
    session.out << token << (session.terminal ? "\n" : "");
  }
  co_return 0;
}

}  // namespace berth::cli
