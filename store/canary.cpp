// SPDX-License-Identifier: Apache-2.0
#include "store/canary.hpp"

namespace berth::store {
namespace {

constexpr const char* kName = "canary";
constexpr std::string_view kSong = "berth canary v1";

}  // namespace

Task<void> check_canary(Store& store, const KeyRing& ring) {
  const auto sealed = store.get_meta(kName);
  if (!sealed) {
    co_await store.put_meta(kName, ring.seal(kSong, kName));
    co_return;
  }
  std::string why = "another value came out";
  try {
    if (ring.open_sealed(*sealed, kName) == kSong) co_return;
  } catch (const base::Status& status) {
    why = status.message();
  }
  throw base::Status(base::Reason::Forbidden,
                     "key directory " + ring.directory().string() + ": its keys do not fit this data: canary: " + why);
}

}  // namespace berth::store
