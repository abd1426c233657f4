// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of a definition that HostConfig gives. Private to container_definition.
#include <string>

#include "base/json.hpp"

namespace berth::reconcilers {

// Not null, "", 0, false, [] and {}: engines write them all for the same nothing.
bool is_something(const base::Json& value);
// An empty one where there is none.
const base::JsonArray& list_at(const base::Json& value, std::string_view path);
const base::JsonObject& object_at(const base::Json& value, std::string_view path);
// Nanoseconds as a spec writes them: "30s", "1500ms".
std::string duration_text(std::int64_t nanoseconds);

// Adds what HostConfig of `inspect` says to `spec`.
void take_host_config(base::JsonObject& spec, const base::Json& inspect);

}  // namespace berth::reconcilers
