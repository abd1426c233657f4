// SPDX-License-Identifier: Apache-2.0
#pragma once
// Secrets, ConfigMaps, Networks and Volumes that a plan takes as they are given, in place of what there is: as they
// would be after their apply. Empty wherever something is done.
#include <span>
#include <string_view>

#include "base/json.hpp"
#include "resources/object/secret_value.hpp"

namespace berth::reconcilers {

using GivenObjects = std::span<const base::Json>;

// nullptr when it is not given.
const base::Json* find_given(GivenObjects given, std::string_view kind, std::string_view name);
// One key of a Secret that is given. Throws NotFound in the words of Resources::open_secret.
resources::SecretValue given_secret(const base::Json& secret, std::string_view key);

}  // namespace berth::reconcilers
