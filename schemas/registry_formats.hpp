// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Registry takes.
#include <string_view>

namespace berth::schemas {

std::string_view check_registry_server(std::string_view text);
std::string_view check_pem_certificates(std::string_view text);

}  // namespace berth::schemas
