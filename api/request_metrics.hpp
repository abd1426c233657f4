// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts and times requests. One per loop: it remembers the handles it has asked for, so that a request costs one
// look-up in a small table.
#include <chrono>
#include <map>
#include <tuple>

#include "api/request_info.hpp"
#include "base/metrics.hpp"
#include "schemas/catalog.hpp"

namespace berth::api {

class RequestMetrics {
 public:
  explicit RequestMetrics(base::Metrics& metrics) : metrics_(metrics) {}

  // `kind` is the catalog's; nullptr for what is about none.
  void record(Verb verb, const schemas::Kind* kind, int code, std::chrono::steady_clock::duration took);

 private:
  base::Metrics& metrics_;
  std::map<std::tuple<Verb, const schemas::Kind*, int>, base::Counter> requests_;
  std::map<std::pair<Verb, const schemas::Kind*>, base::Histogram> seconds_;
};

}  // namespace berth::api
