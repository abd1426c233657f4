// SPDX-License-Identifier: Apache-2.0
#pragma once
// The canary: a known value, sealed and stored at the first start, opened at every later one. A key directory that
// does not belong to the data is caught before anything is sealed with it.
#include "store/key_ring.hpp"
#include "store/store.hpp"

namespace berth::store {

// Stores the canary when there is none. Throws Forbidden that names the key directory when the ring does not open
// the one that is there; stored data is left as it is.
Task<void> check_canary(Store& store, const KeyRing& ring);

}  // namespace berth::store
