// SPDX-License-Identifier: Apache-2.0
#pragma once
// What differs between an object and what it would become, field by field. Pure.
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::reconcilers {

struct FieldChange {
  std::string path;                  // "spec.env[A].value"; items with a name, path or target are told by it
  std::optional<base::Json> before;  // nothing: it was not there
  std::optional<base::Json> after;   // nothing: it goes
};

// Of spec, and of a ConfigMap data; what the server fills in on its own is in both. By path, sorted.
std::vector<FieldChange> field_changes(const base::Json& before, const base::Json& after);
// "spec.image: "a" -> "b"", long values cut.
std::string to_text(const FieldChange& change);

}  // namespace berth::reconcilers
