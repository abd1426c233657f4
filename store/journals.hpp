// SPDX-License-Identifier: Apache-2.0
#pragma once
// The journals of a store: sealed records in commit order, each chained to the one before it.
//
// Checkpoints seal how far a journal had come. The newest of each is kept outside the database, too, and never goes
// back: a journal that was cut off at its end, with everything the database says of its end, is still found out. What
// is pruned goes up to a checkpoint, whose seal then is where the chain begins.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"

namespace berth::store {

using base::Task;
using Revision = std::uint64_t;

// A sealed journal record: in commit order, chained by an HMAC over (sequence, revision, previous mac, bytes).
struct JournalRecord {
  std::uint64_t sequence = 0;  // from 1, without gaps
  Revision revision = 0;       // of the write it came with; of the newest write before it for append()
  std::string bytes;
  std::string mac;       // 32 bytes
  std::string previous;  // the mac before it, where the chain knows it; else empty
};

struct JournalReport {
  std::uint64_t records = 0;                // that hold
  std::optional<std::uint64_t> first_bad;   // the first record that was changed, moved, slipped in or lost
  std::string problem;                      // of that record, or "" when all hold
  std::uint64_t first = 1;                  // where the chain begins: 1, or behind what was pruned
  std::optional<std::uint64_t> checkpoint;  // the newest: no record up to it can be missing unnoticed
};

// What of a journal is kept. A record goes when it is beyond either.
struct JournalKeep {
  std::uint64_t records = 0;  // the newest so many; 0: any number
  std::chrono::hours age{0};  // 0: any age
};

class Journals {
 public:
  virtual ~Journals() = default;

  // Adds a record without a write. Durable when it returns. Returns its sequence.
  virtual Task<std::uint64_t> append(std::string journal, std::string bytes) = 0;
  // Records from a sequence on, without those that were pruned. Throws InternalError for one that does not decode.
  virtual std::vector<JournalRecord> read_journal(std::string_view journal, std::uint64_t from_sequence,
                                                  std::size_t limit) const = 0;
  // The sequence of the newest record; 0: none yet.
  virtual std::uint64_t journal_end(std::string_view journal) const = 0;
  // Returns when the journal has a record beyond `after`, or when `limit` of real time has passed.
  virtual Task<void> wait_journal(std::string journal, std::uint64_t after,
                                  std::chrono::steady_clock::duration limit) = 0;

  // Walks the whole journal; blocks on I/O.
  virtual JournalReport verify_journal(std::string_view journal) const = 0;
  // Whether the record, as it was read, is one that this store has sealed behind `previous`.
  virtual bool verifies(std::string_view journal, const JournalRecord& record) const = 0;

  // Makes a checkpoint of every journal that has records beyond its newest one. The store on disk also does so at
  // every 1,000 records, each minute and when it closes.
  virtual Task<void> seal_journals() = 0;
  // Forgets what is beyond `keep`, up to a checkpoint: a little more may be kept. Returns the first sequence kept.
  virtual Task<std::uint64_t> prune_journal(std::string journal, JournalKeep keep) = 0;
};

}  // namespace berth::store
