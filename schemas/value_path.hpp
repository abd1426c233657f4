// SPDX-License-Identifier: Apache-2.0
#pragma once
// The JSONPath subset of printer columns and of the marks:
//   .status.phase   ports[*].hostPort   data["tls.crt"]   conditions[?(@.type=="Ready")].status   args[0]
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "schemas/place.hpp"

namespace berth::schemas {

class ValuePath {
 public:
  using Visit = std::function<void(const base::Json& value, const Place& at)>;

  // Throws InternalError when malformed: paths come from the declarations.
  explicit ValuePath(std::string_view text);

  // The first value that it leads to; nullptr when there is none. Nulls count as none.
  const base::Json* first(const base::Json& value) const { return find(value, 0); }
  // Each value that it leads to, in order.
  void each(const base::Json& value, const Place& at, const Visit& visit) const { walk(value, at, 0, visit); }
  // As it was written.
  const std::string& text() const { return text_; }
  // The path below a place, also where there is no value: "spec.networks", "data[tls.crt]".
  std::string text_below(const Place& at) const;

 private:
  enum class Step { Field, Key, Item, Each, Where };
  struct Part {
    Step step = Step::Field;
    std::string name;   // Field, Key; Where: the field that is compared
    std::string value;  // Where: what it must equal
    std::size_t index = 0;
  };

  static Part parse_bracket(std::string_view inside);
  const base::Json* find(const base::Json& value, std::size_t part) const;
  void walk(const base::Json& value, const Place& at, std::size_t part, const Visit& visit) const;

  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace berth::schemas
