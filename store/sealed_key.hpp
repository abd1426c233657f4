// SPDX-License-Identifier: Apache-2.0
#pragma once
// A key for one purpose: random, made once, kept sealed by the ring beside the data it serves.
#include <functional>
#include <optional>

#include "store/key_ring.hpp"

namespace berth::store {

struct SealedKey {
  base::Key32 key;
  std::string sealed;  // what is stored
};

// Opens `sealed`, or makes a key when there is none; sealed anew where an older key of the ring did it. Throws
// Forbidden that names the key directory when the ring does not open what is stored; a new key is never made in its
// place.
SealedKey open_or_make_key(const KeyRing& ring, std::string_view purpose, const std::optional<std::string>& sealed);

// How a store gets the key of its journals: called while it opens, with the sealed key that it keeps, if any, and
// before it compacts, so that what is kept from then on needs no older key of the ring.
using JournalKeySource = std::function<SealedKey(const std::optional<std::string>& sealed)>;
// `ring` must outlive the store.
JournalKeySource journal_key_of(const KeyRing& ring);

}  // namespace berth::store
