// SPDX-License-Identifier: Apache-2.0
#pragma once
// The chain of a journal: each record's mac covers its sequence, its revision, the mac before it and its bytes, so
// that a record that was changed, moved, lost or slipped in breaks the chain at a sequence that can be named.
#include "base/crypto.hpp"
#include "store/journals.hpp"

namespace berth::store {

// The end of a journal. A journal that holds nothing yet starts at a mac made of its name, so that records cannot
// move from one journal to another either.
struct JournalHead {
  std::uint64_t sequence = 0;
  std::string mac;
};

JournalHead journal_start(std::string_view journal);

// Makes the next record of the chain and moves `head` to it.
JournalRecord seal_record(const base::Key32& key, JournalHead& head, Revision revision, std::string bytes);

// Whether the record was sealed with the key behind `record.previous`.
bool is_sealed(const base::Key32& key, const JournalRecord& record);

// Walks records in order. After the first bad one nothing more is looked at.
class ChainVerifier {
 public:
  // `from` is what the first record is chained to.
  ChainVerifier(const base::Key32& key, JournalHead from);
  // False once a bad record was met.
  bool feed(const JournalRecord& record);
  // `end` is a sequence that the journal is known to have reached: fewer records mean a cut. More are fine, their
  // macs held.
  JournalReport finish(std::uint64_t end);
  const JournalHead& at() const { return at_; }
  // Names record `sequence` for a reason that the walk itself cannot see.
  void fail(std::uint64_t sequence, std::string problem);

 private:
  base::Key32 key_;
  JournalHead at_;
  JournalReport report_;
};

}  // namespace berth::store
