// SPDX-License-Identifier: Apache-2.0
#pragma once
// A group of requests on its way to one batch: each is held to what it expects, as the ones before it in the group
// have left things, and gets its revision. Nothing is visible before the batch is durable; a group that fails leaves
// no trace but the revisions it used up. Committer only.
#include <rocksdb/write_batch.h>

#include <unordered_map>

#include "store/commit_queue.hpp"
#include "store/published_state.hpp"

namespace berth::store {

class WriteGroup {
 public:
  // Fills `batch`, which is empty.
  WriteGroup(const PublishedState& state, const base::Key32& journal_key, Revision next, rocksdb::WriteBatch& batch);

  // Adds the request to the batch, or sets its error when it is refused.
  void stage(Pending& pending);
  // After the last stage(): seals where the journals end, and makes the checkpoints that are due.
  void finish(base::WallTime now);

  bool empty() const { return accepted_.empty(); }
  // The last revision that the group uses; `next` - 1 when it uses none.
  Revision last() const { return next_ - 1; }
  // Whether a checkpoint of every journal is asked for.
  bool seals_all() const { return seals_all_; }
  // Of the journals that the group adds to, and the checkpoints that it makes.
  const JournalHeads& heads() const { return heads_; }
  const JournalMarks& checkpoints() const { return checkpoints_; }
  std::size_t writes() const { return events_.size(); }
  // Gives the accepted requests an error in place of their results.
  void fail(std::exception_ptr error);
  // Moves the effects to what readers see; the caller holds its lock. Returns the events.
  std::vector<Event> publish(PublishedState& state);

 private:
  // nullptr when the key is absent at this point of the group.
  const Entry* live(const std::string& key) const;
  void stage_write(Pending& pending, Write& write);
  void make_checkpoint(const std::string& journal, const JournalHead& head, base::WallTime now);
  std::uint64_t add_record(const std::string& journal, Revision revision, std::string bytes);

  const PublishedState& state_;
  const base::Key32& journal_key_;
  Revision next_;
  rocksdb::WriteBatch& batch_;
  std::vector<Pending*> accepted_;
  std::vector<Event> events_;
  // What the group makes of a key; its events keep the keys.
  std::unordered_map<std::string_view, std::optional<Entry>> staged_;
  JournalHeads heads_;
  JournalMarks checkpoints_;
  bool seals_all_ = false;
};

// The row that says where a journal ends, and its seal; parse gives nothing when the seal does not hold.
std::string sealed_end(const base::Key32& key, std::string_view journal, const JournalHead& head);
std::optional<JournalHead> parse_sealed_end(const base::Key32& key, std::string_view journal, std::string_view row);
std::string end_row_key(std::string_view journal);
std::string start_row_key(std::string_view journal);
std::string checkpoint_row_key(std::string_view journal, std::uint64_t sequence);

}  // namespace berth::store
