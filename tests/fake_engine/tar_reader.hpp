// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads a ustar archive as the engine unpacks it.
#include <map>
#include <string>

#include "tests/fake_engine/fake_engine.hpp"

namespace berth::fake_engine {

// The regular files of `tar` by their absolute path under `root`. Throws Refused for what is no archive.
std::map<std::string, FakeFile> read_tar(const std::string& tar, const std::string& root);

}  // namespace berth::fake_engine
