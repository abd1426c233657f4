// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was asked to go wrong, and how often each operation was called.
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace berth::fake_engine {

struct Failure {
  int status = 0;
  std::string message;
};

class Faults {
 public:
  void count(const std::string& operation, const std::string& method);
  std::uint64_t calls(const std::string& operation) const;
  std::uint64_t writes() const { return writes_; }
  std::uint64_t total() const { return total_; }
  const std::map<std::string, std::uint64_t>& by_operation() const { return calls_; }
  void reset();

  void fail(const std::string& operation, Failure failure, int count);
  void cut_before(const std::string& operation, int count) { cuts_before_[operation] += count; }
  void cut_after(const std::string& operation, int count) { cuts_after_[operation] += count; }
  void hang(const std::string& operation, int count) { hangs_[operation] += count; }
  void release(const std::string& operation);

  std::optional<Failure> take_failure(const std::string& operation);
  bool take_cut_before(const std::string& operation) { return take(cuts_before_, operation); }
  bool take_cut_after(const std::string& operation) { return take(cuts_after_, operation); }
  bool hangs(const std::string& operation) const {
    const auto found = hangs_.find(operation);
    return found != hangs_.end() && found->second > 0;
  }
  bool take_hang(const std::string& operation) { return take(hangs_, operation); }
  // Rises with each release(); a hung call waits for it to differ.
  std::uint64_t releases(const std::string& operation) { return releases_[operation]; }

 private:
  using Counts = std::map<std::string, int>;
  static bool take(Counts& counts, const std::string& operation);

  std::map<std::string, std::uint64_t> calls_;
  std::uint64_t writes_ = 0;
  std::uint64_t total_ = 0;
  std::map<std::string, std::pair<int, Failure>> failures_;
  Counts cuts_before_;
  Counts cuts_after_;
  Counts hangs_;
  std::map<std::string, std::uint64_t> releases_;
};

}  // namespace berth::fake_engine
