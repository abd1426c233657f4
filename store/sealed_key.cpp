// SPDX-License-Identifier: Apache-2.0
#include "store/sealed_key.hpp"

#include "base/status.hpp"

namespace berth::store {

SealedKey open_or_make_key(const KeyRing& ring, std::string_view purpose, const std::optional<std::string>& sealed) {
  const std::string context = "key/" + std::string(purpose);
  if (!sealed) {
    const base::Key32 key = base::Key32::random();
    return {key, ring.seal(key.bytes(), context)};
  }
  try {
    const base::Key32 key = base::Key32::from_bytes(ring.open_sealed(*sealed, context));
    return {key, ring.is_current(*sealed) ? *sealed : ring.seal(key.bytes(), context)};
  } catch (const base::Status& status) {
    throw base::Status(base::Reason::Forbidden, "key directory " + ring.directory().string() +
                                                    ": its keys do not fit this data: " + std::string(purpose) +
                                                    " key: " + status.message());
  }
}

JournalKeySource journal_key_of(const KeyRing& ring) {
  return [&ring](const std::optional<std::string>& sealed) { return open_or_make_key(ring, "journal", sealed); };
}

}  // namespace berth::store
