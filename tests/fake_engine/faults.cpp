// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/faults.hpp"

namespace berth::fake_engine {

void Faults::count(const std::string& operation, const std::string& method) {
  ++calls_[operation];
  ++total_;
  if (method != "GET" && method != "HEAD") ++writes_;
}

std::uint64_t Faults::calls(const std::string& operation) const {
  const auto found = calls_.find(operation);
  return found == calls_.end() ? 0 : found->second;
}

void Faults::reset() {
  calls_.clear();
  writes_ = 0;
  total_ = 0;
}

void Faults::fail(const std::string& operation, Failure failure, int count) {
  failures_[operation] = {count, std::move(failure)};
}

void Faults::release(const std::string& operation) {
  ++releases_[operation];
  hangs_.erase(operation);
}

std::optional<Failure> Faults::take_failure(const std::string& operation) {
  const auto found = failures_.find(operation);
  if (found == failures_.end() || found->second.first == 0) return std::nullopt;
  --found->second.first;
  return found->second.second;
}

bool Faults::take(Counts& counts, const std::string& operation) {
  const auto found = counts.find(operation);
  if (found == counts.end() || found->second == 0) return false;
  --found->second;
  return true;
}

}  // namespace berth::fake_engine
