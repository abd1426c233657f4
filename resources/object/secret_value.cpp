// SPDX-License-Identifier: Apache-2.0
#include "resources/object/secret_value.hpp"

#include <openssl/crypto.h>

namespace berth::resources {

SecretValue& SecretValue::operator=(SecretValue&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = std::move(other.value_);
  }
  return *this;
}

SecretValue::~SecretValue() { wipe(); }

// Up to the capacity: a short string leaves its bytes behind in the object that it was moved from.
void SecretValue::wipe() noexcept {
  value_.resize(value_.capacity());
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace berth::resources
