// SPDX-License-Identifier: Apache-2.0
#pragma once
// The causes of an invalid object, in upstream's words.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation/field
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/status.hpp"
#include "schemas/place.hpp"

namespace berth::schemas {

class Causes {
 public:
  // Under a sealed field no message repeats a value.
  class SealedPart {
   public:
    SealedPart(Causes& causes, bool sealed) : causes_(causes), before_(causes.sealed_) { causes.sealed_ |= sealed; }
    ~SealedPart() { causes_.sealed_ = before_; }
    SealedPart(const SealedPart&) = delete;
    SealedPart& operator=(const SealedPart&) = delete;

   private:
    Causes& causes_;
    bool before_;
  };

  void required(std::string field, std::string_view why = "");
  void invalid(std::string field, const base::Json& value, std::string_view why);
  // A map's key, which is no secret even where the values are.
  void invalid_key(std::string field, std::string_view key, std::string_view why);
  void type_invalid(std::string field, std::string_view wanted, const base::Json& value);
  // Text that is not of a format which the published schema names: upstream calls that a wrong type as well.
  void format_invalid(std::string field, std::string_view format, const base::Json& value);
  void not_supported(std::string field, const base::Json& value, const std::vector<std::string>& supported);
  void duplicate(std::string field, const base::Json& value);
  void forbidden(std::string field, std::string_view why);
  void too_long(std::string field, std::size_t most_bytes);
  void too_many(std::string field, std::size_t count, std::size_t most);

  // Whether some list was too long: what compares lists with each other is then too dear.
  bool has_overlong_list() const { return overlong_; }

  // Enough is said: an answer is no place for a million mistakes, and nobody should spend the time to find them.
  bool is_full() const { return causes_.size() >= kMost; }
  // When it is full, one more cause says that the rest is not listed.
  std::vector<base::Cause> take();

  static constexpr std::size_t kMost = 100;

 private:
  std::string quote(const base::Json& value) const;
  void add(std::string_view reason, std::string message, std::string field);

  std::vector<base::Cause> causes_;
  bool sealed_ = false;
  bool overlong_ = false;
};

}  // namespace berth::schemas
