// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace berth::cli {

// Runs a program of the PATH on our own terminal and streams, and waits for its end. Its exit code; 128 and the signal
// when one ended it. Throws BadRequest `failed to run "x": ...` when it cannot be started.
int run_program(const std::vector<std::string>& words);

}  // namespace berth::cli
