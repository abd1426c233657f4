// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "base/metrics.hpp"
#include "cmd/config.hpp"
#include "store/key_ring.hpp"
#include "store/store.hpp"

namespace berth::cmd {

// Whether the data folder holds a database: from then on its keys must be there, too.
bool holds_store(const Config& config);

// The database of the data folder. `metrics` outlives it. Throws what open_rocks_store throws.
std::unique_ptr<store::Store> open_store(const Config& config, const store::KeyRing& ring, base::Metrics& metrics);

// Walks the audit journal of a berthd that is down, and prints what it finds. The process's exit code: 1 when a record
// does not hold. Throws BadRequest when there is no database.
int verify_audit(const Config& config);

}  // namespace berth::cmd
