// SPDX-License-Identifier: Apache-2.0
#pragma once
// RFC 6901, as forgiving as upstream's library: what stands before the first slash is passed over, and a "~" without 0
// or 1 is itself.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::resources {

class JsonPointer {
 public:
  explicit JsonPointer(std::string_view text);

  bool is_root() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  const std::string& last() const { return tokens_.back(); }
  std::size_t steps() const { return tokens_.size(); }

  // What holds the value; nullptr when a step is missing, for the root, and for a text without a slash.
  base::Json* holder(base::Json& document) const;

 private:
  std::string text_;
  std::vector<std::string> tokens_;
};

// An index into an array of `size`; a negative one counts from the end. Nothing when it is none or out of range.
std::optional<std::size_t> array_index(std::string_view token, std::size_t size);

// A member or element; nullptr when there is none.
base::Json* child(base::Json& holder, std::string_view token);

}  // namespace berth::resources
