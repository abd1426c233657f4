// SPDX-License-Identifier: Apache-2.0
#include "api/request_metrics.hpp"

#include <fmt/format.h>

namespace berth::api {

void RequestMetrics::record(Verb verb, std::string_view resource, int code, std::chrono::steady_clock::duration took) {
  const std::string_view verb_name = to_string(verb);
  auto [request, request_is_new] = requests_.try_emplace(fmt::format("{} {} {}", verb_name, resource, code));
  if (request_is_new) {
    request->second = metrics_.counter(
        "berth_api_requests_total", "Requests answered.",
        {{"verb", std::string(verb_name)}, {"resource", std::string(resource)}, {"code", std::to_string(code)}});
  }
  request->second.increment();
  if (verb == Verb::Watch) return;  // as long as its client likes
  auto [time, time_is_new] = seconds_.try_emplace(fmt::format("{} {}", verb_name, resource));
  if (time_is_new) {
    time->second = metrics_.histogram("berth_api_request_seconds", "From the whole request read to its answer written.",
                                      {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
                                      {{"verb", std::string(verb_name)}, {"resource", std::string(resource)}});
  }
  time->second.observe(std::chrono::duration<double>(took).count());
}

}  // namespace berth::api
