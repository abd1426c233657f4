// SPDX-License-Identifier: Apache-2.0
#pragma once
// The write side of the store on disk: one group, one batch, one fdatasync, one publication, one post per loop.
#include <atomic>
#include <mutex>

#include "store/commit_queue.hpp"
#include "store/published_state.hpp"
#include "store/revision_floor.hpp"
#include "store/rocks_journals.hpp"
#include "store/watch_hub.hpp"
#include "store/write_group.hpp"

namespace berth::store {

class RocksCommitter {
 public:
  RocksCommitter(RocksDatabase& database, PublishedState& state, WatchHub& hub, RevisionFloor& floor,
                 RocksJournals& journals, base::Metrics& metrics);

  Task<void> submit(Pending& pending);
  // Commits what is queued; afterwards the floor may be closed.
  void close() { queue_.close(); }

  // Compacts up to `revision`, in steps that the committer can pass between. Blocks; any thread.
  void compact(Revision revision);

 private:
  void commit(std::span<Pending* const> group);
  void write(WriteGroup& group, LoopPosts& posts);
  void note(const WriteGroup& group, LoopPosts& posts);

  RocksDatabase& database_;
  PublishedState& state_;
  WatchHub& hub_;
  RevisionFloor& floor_;
  RocksJournals& journals_;
  Revision next_;
  rocksdb::WriteBatch batch_;  // empty between groups, for its memory
  std::mutex compaction_;
  base::Counter commits_;
  base::Counter batches_;
  base::Gauge revision_;
  base::Gauge objects_;
  base::Histogram duration_;
  CommitQueue queue_;  // last: its thread uses the rest
};

}  // namespace berth::store
