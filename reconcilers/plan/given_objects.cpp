// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/given_objects.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::reconcilers {

using base::Json;

const Json* find_given(GivenObjects given, std::string_view kind, std::string_view name) {
  const auto found = std::ranges::find_if(given, [&](const Json& object) {
    return base::string_at(object, "kind") == kind && base::string_at(object, "metadata.name") == name;
  });
  return found == given.end() ? nullptr : &*found;
}

resources::SecretValue given_secret(const Json& secret, std::string_view key) {
  const Json* data = base::find_path(secret, "data");
  const Json* value = data == nullptr || !data->is_object() ? nullptr : data->get_object().if_contains(key);
  if (value != nullptr) return resources::SecretValue(base::from_base64(value->as_string()));
  throw base::Status(base::Reason::NotFound, "secrets \"" + std::string(base::string_at(secret, "metadata.name")) +
                                                 "\" has no key \"" + std::string(key) + "\"");
}

}  // namespace berth::reconcilers
