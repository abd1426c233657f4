// SPDX-License-Identifier: Apache-2.0
#include "store/rocks_committer.hpp"

#include "base/log.hpp"
#include "store/rocks_history.hpp"
#include "store/write_rules.hpp"

namespace berth::store {
namespace {

// Small enough that a write which arrives meanwhile waits for no more than one memtable insert of it.
constexpr std::size_t kCompactionStep = 1000;
constexpr std::size_t kKeptBatchBytes = 1024 * 1024;

const std::vector<double> kBuckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5};

}  // namespace

RocksCommitter::RocksCommitter(RocksDatabase& database, PublishedState& state, WatchHub& hub, RevisionFloor& floor,
                               RocksJournals& journals, base::Metrics& metrics)
    : database_(database),
      state_(state),
      hub_(hub),
      floor_(floor),
      journals_(journals),
      next_(floor.next()),
      commits_(metrics.counter("berth_store_commits_total", "Writes of objects that became durable.")),
      batches_(metrics.counter("berth_store_batches_total", "Batches written, each with one fdatasync.")),
      revision_(metrics.gauge("berth_store_revision", "The newest visible revision.")),
      objects_(metrics.gauge("berth_store_objects", "Live objects.")),
      duration_(metrics.histogram("berth_store_commit_duration_seconds", "From the queue to durable and answered.",
                                  kBuckets)),
      queue_([this](std::span<Pending* const> group) { commit(group); }) {
  revision_.set(static_cast<double>(state.revision));
  objects_.set(static_cast<double>(state.live.size()));
}

Task<void> RocksCommitter::submit(Pending& pending) { return queue_.submit(pending); }

void RocksCommitter::commit(std::span<Pending* const> group) {
  LoopPosts posts;
  WriteGroup staged(state_, journals_.key(), next_, batch_);
  for (Pending* pending : group) staged.stage(*pending);
  if (!staged.empty()) {
    try {
      write(staged, posts);
    } catch (...) {
      staged.fail(std::current_exception());
    }
  }
  const auto now = std::chrono::steady_clock::now();
  for (Pending* pending : group) {
    if (!pending->error) duration_.observe(std::chrono::duration<double>(now - pending->queued).count());
    posts.resume(*pending->loop, std::move(*pending->resume));
  }
  posts.send();
  if (batch_.GetDataSize() > kKeptBatchBytes) batch_ = rocksdb::WriteBatch();
  batch_.Clear();
}

void RocksCommitter::write(WriteGroup& group, LoopPosts& posts) {
  database_.require_room();
  if (group.writes() > 0) floor_.cover(group.last());
  group.finish(journals_.now());
  // From here on the revisions are used up, whatever comes.
  next_ = group.last() + 1;
  database_.write_synced(batch_);
  batches_.increment();
  commits_.increment(static_cast<double>(group.writes()));
  note(group, posts);
  const std::unique_lock lock(state_.mutex);
  hub_.publish(group.publish(state_), posts);
  revision_.set(static_cast<double>(state_.revision));
  objects_.set(static_cast<double>(state_.live.size()));
}

// The group is durable: what goes wrong here is not its writers' failure.
void RocksCommitter::note(const WriteGroup& group, LoopPosts& posts) {
  try {
    journals_.note(group, posts);
  } catch (const std::exception& error) {
    base::log_error("the checkpoints of a durable group", {{"error", error.what()}});
  }
}

void RocksCommitter::compact(Revision revision) {
  const std::scoped_lock one_at_a_time(compaction_);
  Revision reached = stored_compacted(database_);
  for (;;) {
    Revision target = revision;
    {
      const std::unique_lock lock(state_.mutex);
      // Never the newest: who has just listed must be able to watch from there.
      if (state_.revision > 0) target = std::min(target, state_.revision - 1);
      if (state_.revision == 0 || target <= reached) return;
      // Readers refuse first; one that took its snapshot before may finish on it.
      state_.compacted = std::max(state_.compacted, target);
    }
    reached = compact_log(database_, reached, target, kCompactionStep);
  }
}

}  // namespace berth::store
