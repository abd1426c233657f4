// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts and times requests. One per loop: it remembers the handles it has asked for, so that a request costs one
// look-up in a small table.
#include <chrono>
#include <string>
#include <unordered_map>

#include "api/request_info.hpp"
#include "base/metrics.hpp"

namespace berth::api {

class RequestMetrics {
 public:
  explicit RequestMetrics(base::Metrics& metrics) : metrics_(metrics) {}

  // `resource` must be bounded: a plural of the catalog, or "" for everything else.
  void record(Verb verb, std::string_view resource, int code, std::chrono::steady_clock::duration took);

 private:
  base::Metrics& metrics_;
  std::unordered_map<std::string, base::Counter> requests_;
  std::unordered_map<std::string, base::Histogram> seconds_;
};

}  // namespace berth::api
