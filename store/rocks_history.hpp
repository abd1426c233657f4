// SPDX-License-Identifier: Apache-2.0
#pragma once
// What only the database still knows: versions at a past revision, the log of changes, and what the
// state was when the process ended. Reads block on I/O.
#include "store/published_state.hpp"
#include "store/ring_watch.hpp"
#include "store/rocks_database.hpp"

namespace berth::store {

// Fills the state from the log, which says what is live, and the objects, which hold its bytes. Throws InternalError
// when a live version's bytes are missing.
void load_state(const RocksDatabase& database, const base::Key32& journal_key, PublishedState& state);

// The caller has checked, after the snapshot was taken, that the revision is not compacted.
ListResult list_at(const Snapshot& snapshot, const ListQuery& query, Revision at);
EventLog::Chunk events_between(const Snapshot& snapshot, const std::string& prefix, Revision after, Revision upto,
                               std::size_t most);

// Forgets what was superseded by the log's records in (after, upto], at most `most` records; returns the revision
// reached. The caller has made readers refuse `upto` and below.
Revision compact_log(RocksDatabase& database, Revision after, Revision upto, std::size_t most);

Revision stored_compacted(const RocksDatabase& database);

}  // namespace berth::store
