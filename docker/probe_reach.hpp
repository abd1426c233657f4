// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where berthd goes for somebody who may only name an address.
#include <string>

namespace berth::docker {

enum class Loopback { Refused, Allowed };

// Why a probe does not connect to an address: it is no host's own, such as those that clouds give their metadata
// services, or it is berthd's own machine and that is not allowed. "" when it does. IPv4 in IPv6 is seen through.
std::string why_not_probed(const std::string& address, Loopback loopback);

}  // namespace berth::docker
