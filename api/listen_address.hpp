// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace berth::api {

// Throws Forbidden, naming `what` and the way out, unless the host of "127.0.0.1:7443" or "[::1]:0" is a loopback
// address: credentials and names do not cross a network in the clear.
void require_loopback(std::string_view address, std::string_view what);

}  // namespace berth::api
