// SPDX-License-Identifier: Apache-2.0
#pragma once
// The checks behind gates.hpp, one for each body that the client sends.
#include <string>

#include "docker/client.hpp"

namespace berth::docker {

// Endpoint settings of a create or a connect; `path` names them in the message.
void check_endpoint(const Json& endpoint, const std::string& path, ApiVersion version);
void check_network(const Json& body, ApiVersion version);

// Throws Invalid with `field` and the reason.
[[noreturn]] void refuse(const std::string& field, const std::string& why);

}  // namespace berth::docker
