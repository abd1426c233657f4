// SPDX-License-Identifier: Apache-2.0
#include "api/aggregated_discovery.hpp"
#include "api/discovery.hpp"
#include "api/handlers.hpp"
#include "base/crypto.hpp"
#include "base/indented_json.hpp"
#include "base/status.hpp"

namespace berth::api {
namespace {

// Discovery has one form; who asks for another first also lists this one.
base::Task<void> answer(Exchange& exchange, std::optional<base::Json> json) {
  if (!json) throw base::Status(base::Reason::NotFound, "the server could not find the requested resource");
  negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json});
  std::string body = boost::json::serialize(*json);
  co_await exchange.respond_json(200, std::move(body));
}

// All at once for who asks for it. Both roots do it, or clients forget what they were told by the one.
base::Task<void> answer_root(Exchange& exchange, DiscoveryRoot root) {
  const auto& catalog = schemas::Catalog::instance();
  base::HttpResponse response;
  response.headers.add("Vary", "Accept");
  const std::string version = aggregated_version(exchange.header("Accept"));
  if (version.empty()) {
    negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json});
    const bool core = root == DiscoveryRoot::Core;
    const base::Json old = core ? core_versions(exchange.services.address) : group_list(catalog);
    const std::string body = boost::json::serialize(old);
    response.body = exchange.pretty() ? base::indent_json(body, 2) : body;
    response.headers.add("Content-Type", "application/json");
    co_return co_await exchange.respond(std::move(response));
  }
  response.body = boost::json::serialize(aggregated_discovery(catalog, root, version));
  const std::string etag = "\"" + base::to_hex(base::sha256(response.body)) + "\"";
  response.headers.add("ETag", etag);
  response.headers.add("Cache-Control", "public");
  if (holds_etag(exchange.header("If-None-Match"), etag)) {
    response.status = 304;
    response.body.clear();
  } else {
    response.headers.add("Content-Type", aggregated_type(version));
  }
  co_await exchange.respond(std::move(response));
}

}  // namespace

base::Task<void> handle_version(Exchange& exchange) { return answer(exchange, version_info()); }

base::Task<void> handle_core_versions(Exchange& exchange) { return answer_root(exchange, DiscoveryRoot::Core); }

base::Task<void> handle_groups(Exchange& exchange) { return answer_root(exchange, DiscoveryRoot::Groups); }

base::Task<void> handle_group(Exchange& exchange) {
  return answer(exchange, group_of(schemas::Catalog::instance(), exchange.info.group));
}

base::Task<void> handle_group_version(Exchange& exchange) {
  return answer(exchange, resource_list(schemas::Catalog::instance(), exchange.info.group, exchange.info.version));
}

}  // namespace berth::api
