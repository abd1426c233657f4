// SPDX-License-Identifier: Apache-2.0
#include "resources/write_counters.hpp"

namespace berth::resources {

void WriteCounters::count(const schemas::Kind& kind, const char* verb, const char* outcome) {
  if (metrics_ == nullptr) return;
  writes_.with([&](auto& series) {
    const Series key{&kind, verb, outcome};
    auto found = series.find(key);
    if (found == series.end()) {
      found = series
                  .emplace(key, metrics_->counter("berth_resources_writes_total", "Writes by kind, verb and outcome.",
                                                  {{"kind", kind.kind}, {"verb", verb}, {"outcome", outcome}}))
                  .first;
    }
    found->second.increment();
  });
  if (std::string_view(outcome) == "unchanged") {
    metrics_->counter("berth_resources_unchanged_total", "Writes that changed nothing.", {{"kind", kind.kind}})
        .increment();
  }
}

}  // namespace berth::resources
