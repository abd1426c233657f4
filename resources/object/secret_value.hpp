// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace berth::resources {

// A secret in use for one pass: cannot be printed, compared or serialised by accident, and is wiped at its end.
class SecretValue {
 public:
  explicit SecretValue(std::string value) : value_(std::move(value)) {}
  SecretValue(SecretValue&&) noexcept = default;
  SecretValue& operator=(SecretValue&& other) noexcept;
  SecretValue(const SecretValue&) = delete;
  SecretValue& operator=(const SecretValue&) = delete;
  ~SecretValue();

  // The plain bytes. The name is long so that each use is seen in review.
  std::string_view reveal_for_engine() const { return value_; }
  // The same, for a client that may read it.
  std::string_view reveal_to_reader() const { return value_; }

 private:
  void wipe() noexcept;

  std::string value_;
};

}  // namespace berth::resources
