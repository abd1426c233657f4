// SPDX-License-Identifier: Apache-2.0
#pragma once
// The specs that an object had before: the last of them, sealed, as records beside it, of a kind that declares the
// subresource `revisions`. A record is there before the write that takes its spec away, and gone before the one that
// ends its object, so no crash loses a spec or leaves one behind. What the verb operate changes (desiredState, suspend)
// is no part of them. A revision's number is the metadata.generation at which the spec was last seen; it `ran` if
// status.readyGeneration was once one of its generations. Of a spec too large for a record the number alone is kept.
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/task.hpp"
#include "resources/object/object_key.hpp"
#include "store/key_ring.hpp"
#include "store/store.hpp"

namespace berth::resources {

class SpecHistory {
 public:
  // With the present one.
  static constexpr std::size_t kKept = 10;

  SpecHistory(store::Store& store, const store::KeyRing& keys, base::Clock& clock)
      : store_(store), keys_(keys), clock_(clock) {}

  // Of what kind the records are; nullptr for a kind that has none.
  static const Kind* records_of(const Kind& kind);

  // Before a write: `before` is the object as it stands, `after` what it becomes. Nothing happens when the spec stays.
  // Throws what the store throws.
  base::Task<void> keep(const Kind& kind, const Json& before, const Json& after);
  // Before the write that ends the object.
  base::Task<void> forget(const Kind& kind, const Json& object);

  // Oldest first; the last is the present one, with `current: true`. Each is an object of records_of(kind).
  std::vector<Json> list(const Kind& kind, const Json& live) const;

 private:
  enum class Outcome { Kept, Lost, TooLarge };  // Lost: another write came between
  base::Task<bool> write(const Kind& kind, const Json& before);
  base::Task<Outcome> commit(const Kind& records, store::Write write, Json record);

  store::Store& store_;
  const store::KeyRing& keys_;
  base::Clock& clock_;
};

}  // namespace berth::resources
