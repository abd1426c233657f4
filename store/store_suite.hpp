// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one suite that every store must pass runs on this, once for each store.
#include "store/store_fixture.hpp"

namespace berth::store::testing {

class StoreSuite : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Store> open(RingLimits ring = {}) {
    if (std::string_view(GetParam()) == "memory") {
      MemoryStoreOptions options;
      options.ring = ring;
      return make_memory_store(options);
    }
    RocksStoreOptions options = rocks_options(dir_ / std::to_string(++opened_));
    options.ring = ring;
    return open_rocks_store(options);
  }

 private:
  TempDir dir_;
  int opened_ = 0;
};

// For INSTANTIATE_TEST_SUITE_P: every store there is.
inline auto all_stores() { return ::testing::Values("memory", "rocks"); }
inline std::string store_name(const ::testing::TestParamInfo<const char*>& tested) { return tested.param; }

}  // namespace berth::store::testing
