// SPDX-License-Identifier: Apache-2.0
#pragma once
// The process's metrics, in Prometheus' terms: names end in _total, _seconds or _bytes, labels are few and
// bounded. Families are made once, at start; handles are cheap to copy and to use from any thread, and must not
// outlive their Metrics. A default-made handle belongs to no series and does nothing.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace berth::base {

using MetricLabels = std::map<std::string, std::string>;

class Counter {
 public:
  void increment(double by = 1);
  double value() const;

 private:
  friend class Metrics;
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  void set(double value);
  void add(double by);
  double value() const;

 private:
  friend class Metrics;
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  void observe(double seconds);

 private:
  friend class Metrics;
  prometheus::Histogram* histogram_ = nullptr;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // The same name and labels give the same time series. Throws InternalError for a malformed name, or one that is
  // already taken by another type.
  Counter counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  // Buckets in seconds, ascending.
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                      const MetricLabels& labels = {});

  // Prometheus' text exposition format 0.0.4, with the process_* families read from /proc.
  std::string expose() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::base
