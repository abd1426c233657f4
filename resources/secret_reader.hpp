// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values of Secrets for one pass of a reconciler.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resources/object_reader.hpp"

namespace berth::resources {

// Throws NotFound naming the Secret, or the key that it lacks.
SecretValue read_secret(const ObjectReader& reader, std::string_view ns, std::string_view name, std::string_view key);
// In key order.
std::vector<std::pair<std::string, SecretValue>> read_whole_secret(const ObjectReader& reader, std::string_view ns,
                                                                   std::string_view name);

}  // namespace berth::resources
