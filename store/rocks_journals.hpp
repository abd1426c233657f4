// SPDX-License-Identifier: Apache-2.0
#pragma once
// The journals on disk: what the database holds of them, and the checkpoints that stand outside it.
#include <atomic>

#include "store/checkpoint_file.hpp"
#include "store/journal_waits.hpp"
#include "store/published_state.hpp"
#include "store/rocks_database.hpp"
#include "store/write_group.hpp"

namespace berth::store {

class RocksJournals {
 public:
  // After load_state: moves the ends in `state` to where the checkpoints know that the journals were, so that what was
  // cut off leaves a gap. Throws InternalError for a damaged file.
  RocksJournals(RocksDatabase& database, PublishedState& state, base::Key32 key, const std::filesystem::path& file,
                base::Clock& clock);

  const base::Key32& key() const { return key_; }
  base::WallTime now() const { return clock_.now(); }
  JournalWaits& waits() { return waits_; }

  // Committer only, after the batch is durable: collects who waits for its records, and keeps its checkpoints, in the
  // file once a second at most, because its fsyncs hold up the batches behind; when all are asked for, at once.
  void note(const WriteGroup& group, LoopPosts& posts);

  // Any thread; the caller holds the database open.
  std::vector<JournalRecord> read(std::string_view journal, std::uint64_t from, std::size_t limit) const;
  JournalReport verify(std::string_view journal) const;
  std::uint64_t prune(std::string_view journal, JournalKeep keep);
  bool any_unsealed() const;
  std::vector<std::string> names() const;

 private:
  struct Known {
    JournalHead head;
    std::optional<JournalMark> checkpoint;
  };
  Known known(std::string_view journal) const;
  void erase_below(const std::string& prefix, const std::string& end);
  // What the first record that is kept is chained to.
  JournalHead start(const Snapshot& snapshot, std::string_view journal) const;

  RocksDatabase& database_;
  PublishedState& state_;
  const base::Key32 key_;
  base::Clock& clock_;
  CheckpointFile file_;
  std::atomic<bool> file_is_behind_ = false;
  JournalMarks unwritten_;
  std::optional<base::SteadyTime> written_;
  JournalWaits waits_;
};

}  // namespace berth::store
