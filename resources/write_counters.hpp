// SPDX-License-Identifier: Apache-2.0
#pragma once
// berth_resources_writes_total{kind,verb,outcome} and berth_resources_unchanged_total{kind}.
#include <map>
#include <string>
#include <tuple>

#include "base/guarded.hpp"
#include "base/metrics.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

class WriteCounters {
 public:
  explicit WriteCounters(base::Metrics* metrics) : metrics_(metrics) {}

  // `verb` and `outcome` are literals: created, changed, unchanged, deleted, refused.
  void count(const schemas::Kind& kind, const char* verb, const char* outcome);

 private:
  base::Metrics* metrics_;  // none: nothing is counted
  using Series = std::tuple<const schemas::Kind*, std::string_view, std::string_view>;
  base::Guarded<std::map<Series, base::Counter>> writes_;
};

}  // namespace berth::resources
