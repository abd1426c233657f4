// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.hpp"

namespace berth::api {
namespace {

// /livez says that the process answers; /readyz and /healthz that it does its work: a list works, the store writes.
HealthReport report_for(const Services& services, std::string_view endpoint) {
  HealthReport report{{"ping", true, ""}};
  if (endpoint == "livez") return report;
  if (services.readiness) {
    for (HealthCheck& check : services.readiness()) report.push_back(std::move(check));
  }
  report.push_back({"shutdown", !services.draining, "the server drains"});
  return report;
}

}  // namespace

base::Task<void> handle_health(Exchange& exchange) {
  const std::string_view path = std::string_view(exchange.info.path).substr(1);
  const std::string_view endpoint = path.substr(0, path.find('/'));
  const HealthReport report = report_for(exchange.services, endpoint);
  base::HttpResponse response = health_response(endpoint, exchange.info.name, exchange.info.query, report);
  co_await exchange.respond(std::move(response));
}

}  // namespace berth::api
