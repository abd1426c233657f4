// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry for one target, named at compile time.
#include <cstdint>

#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  berth::fuzz::BERTH_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
