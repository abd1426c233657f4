// SPDX-License-Identifier: Apache-2.0
#pragma once
// TCP to an address that somebody else named, and that must not lead everywhere.
#include <functional>
#include <string>

#include "base/stream.hpp"

namespace berth::base {

// Given an address as text, "192.0.2.7" or "2001:db8::7"; why nobody may connect there, "" when they may.
using AddressCheck = std::function<std::string(const std::string&)>;

// As connect_tcp, but every address that `host` stands for is checked first, and the connection is made to one of
// those: a name that is answered otherwise the next time changes nothing. Throws Forbidden with the check's words.
Task<StreamPtr> connect_tcp_checked(std::string host, std::uint16_t port, std::chrono::steady_clock::duration limit,
                                    AddressCheck check);

}  // namespace berth::base
