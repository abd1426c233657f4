// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the health endpoints answer. Anyone may ask, so a failing check says its name and no more.
#include <string>
#include <string_view>
#include <vector>

#include "api/request_info.hpp"
#include "base/http.hpp"

namespace berth::api {

struct HealthCheck {
  std::string name;  // "store", "engine"
  bool ok = true;
  std::string reason;  // for the log only
};
using HealthReport = std::vector<HealthCheck>;

// The answer to /livez, /readyz or /healthz, with ?verbose and ?exclude=<check>; `check` restricts it to one.
base::HttpResponse health_response(std::string_view endpoint, std::string_view check, const Query& query,
                                   const HealthReport& report);

}  // namespace berth::api
