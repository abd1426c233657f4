// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace berth::cli {

// The text without what a terminal would obey: others have written what is printed. Control characters other than
// newline and tab as ^[ and its kin.
std::string printable(std::string_view text);

}  // namespace berth::cli
