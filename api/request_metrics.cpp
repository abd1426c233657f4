// SPDX-License-Identifier: Apache-2.0
#include "api/request_metrics.hpp"

namespace berth::api {

void RequestMetrics::record(Verb verb, const schemas::Kind* kind, int code, std::chrono::steady_clock::duration took) {
  const auto labels = [&] {
    return base::MetricLabels{{"verb", std::string(to_string(verb))}, {"resource", kind ? kind->resource() : ""}};
  };
  auto [request, request_is_new] = requests_.try_emplace({verb, kind, code});
  if (request_is_new) {
    base::MetricLabels with_code = labels();
    with_code.emplace("code", std::to_string(code));
    request->second = metrics_.counter("berth_api_requests_total", "Requests answered.", with_code);
  }
  request->second.increment();
  if (verb == Verb::Watch) return;  // as long as its client likes
  auto [time, time_is_new] = seconds_.try_emplace({verb, kind});
  if (time_is_new) {
    time->second =
        metrics_.histogram("berth_api_request_seconds", "From the whole request read to its answer written.",
                           {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}, labels());
  }
  time->second.observe(std::chrono::duration<double>(took).count());
}

}  // namespace berth::api
