// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <stdexcept>

#include "base/log.hpp"
#include "base/process_usage.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily single_value(MetricType type, const char* name, const char* help, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, help, type, {std::move(metric)}};
}

void add_process_families(std::vector<prometheus::MetricFamily>& families) {
  const ProcessUsage usage = read_process_usage();
  const auto gauge = [&families](const char* name, const char* help, double value) {
    families.push_back(single_value(MetricType::Gauge, name, help, value));
  };
  const auto counter = [&families](const char* name, const char* help, double value) {
    families.push_back(single_value(MetricType::Counter, name, help, value));
  };
  counter("process_cpu_seconds_total", "User and system CPU time.", usage.cpu_seconds);
  gauge("process_resident_memory_bytes", "Resident memory.", static_cast<double>(usage.resident_bytes));
  gauge("process_virtual_memory_bytes", "Virtual memory.", static_cast<double>(usage.virtual_bytes));
  gauge("process_open_fds", "Open file descriptors.", static_cast<double>(usage.open_fds));
  gauge("process_max_fds", "The most file descriptors that may be open.", static_cast<double>(usage.max_fds));
  gauge("process_threads", "Threads.", static_cast<double>(usage.threads));
  gauge("process_start_time_seconds", "When the process began, since 1970.", usage.start_time);
  counter("berth_log_dropped_total", "Log lines dropped because stderr was too slow.",
          static_cast<double>(log_lines_dropped()));
}

}  // namespace

void Counter::increment(double by) {
  if (counter_) counter_->Increment(by);
}
double Counter::value() const { return counter_ ? counter_->Value() : 0; }

void Gauge::set(double value) {
  if (gauge_) gauge_->Set(value);
}
void Gauge::add(double by) {
  if (gauge_) gauge_->Increment(by);
}
double Gauge::value() const { return gauge_ ? gauge_->Value() : 0; }

void Histogram::observe(double seconds) {
  if (histogram_) histogram_->Observe(seconds);
}

struct Metrics::State {
  prometheus::Registry registry;

  // The family is made on first use; prometheus-cpp gives the same one for the same name, and the same metric of it
  // for the same labels.
  template <class Builder, class... Arguments>
  auto* series(Builder builder, const std::string& name, const std::string& help, const MetricLabels& labels,
               Arguments&&... arguments) {
    try {
      return &builder.Name(name).Help(help).Register(registry).Add(labels, std::forward<Arguments>(arguments)...);
    } catch (const std::invalid_argument& error) {
      throw internal_error("metric " + name + ": " + error.what());
    }
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  Counter handle;
  handle.counter_ = state_->series(prometheus::BuildCounter(), name, help, labels);
  return handle;
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  Gauge handle;
  handle.gauge_ = state_->series(prometheus::BuildGauge(), name, help, labels);
  return handle;
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                             const MetricLabels& labels) {
  Histogram handle;
  handle.histogram_ = state_->series(prometheus::BuildHistogram(), name, help, labels, buckets);
  return handle;
}

std::string Metrics::expose() const {
  auto families = state_->registry.Collect();
  add_process_families(families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace berth::base
