// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reference: every rule of store.hpp in the plainest code that is right, under one mutex, forgotten with the
// process. Tests of other rooms use it, and the one suite holds RocksDB to it.
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/metrics.hpp"
#include "store/watch_hub.hpp"

namespace berth::store {

struct MemoryStoreOptions {
  RingLimits ring;
  base::Metrics* metrics = nullptr;  // none: counts go nowhere
  base::Key32 journal_key = base::Key32::random();
  base::Clock* clock = nullptr;  // of checkpoints; none: the real one
};

std::unique_ptr<Store> make_memory_store(MemoryStoreOptions options = {});

}  // namespace berth::store
