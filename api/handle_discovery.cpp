// SPDX-License-Identifier: Apache-2.0
#include "api/discovery.hpp"
#include "api/handlers.hpp"
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

}  // namespace

base::Task<void> handle_version(Exchange& exchange) { return answer(exchange, version_info()); }

base::Task<void> handle_core_versions(Exchange& exchange) {
  return answer(exchange, core_versions(exchange.services.address));
}

base::Task<void> handle_groups(Exchange& exchange) {
  return answer(exchange, group_list(schemas::Catalog::instance()));
}

base::Task<void> handle_group(Exchange& exchange) {
  return answer(exchange, group_of(schemas::Catalog::instance(), exchange.info.group));
}

base::Task<void> handle_group_version(Exchange& exchange) {
  return answer(exchange, resource_list(schemas::Catalog::instance(), exchange.info.group, exchange.info.version));
}

}  // namespace berth::api
