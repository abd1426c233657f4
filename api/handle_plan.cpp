// SPDX-License-Identifier: Apache-2.0
// What a Container or ComposeStack would change: the body is the whole candidate, of an object that there is or not.
#include "api/handlers.hpp"
#include "api/options.hpp"
#include "resources/engine_view.hpp"

namespace berth::api {

base::Task<void> handle_plan(Exchange& exchange) {
  const RequestInfo& info = exchange.info;
  resources::ApplyOptions options;
  options.write = read_write_options(info.query, exchange.header("User-Agent"), "ApplyOptions");
  options.write.dry_run = resources::DryRun::All;
  options.force = true;
  resources::Body candidate = decode_body(exchange.request);
  resources::Written written =
      co_await exchange.services.resources.apply(exchange.caller, *exchange.kind, info.ns, info.name,
                                                 resources::Part::Main, std::move(candidate), std::move(options));
  base::Json object = written.object.parse();
  base::Json plan = co_await exchange.services.resources.engines().port().plan(std::move(object));
  // It shows what there is beside what would be.
  co_await exchange.note_read();
  exchange.warnings = std::move(written.warnings);
  plan.as_object()["kind"] = "Plan";
  plan.as_object()["apiVersion"] = exchange.kind->api_version();
  co_await exchange.respond_json(200, base::to_canonical(plan));
}

}  // namespace berth::api
