// SPDX-License-Identifier: Apache-2.0
#pragma once
// The newest checkpoint of each journal, in a file outside the database: one line each, "journal hex". It only moves
// forward, and is written after the database: it never says more than what is durable there.
#include <filesystem>

#include "store/journal_mark.hpp"

namespace berth::store {

class CheckpointFile {
 public:
  // Throws InternalError when the file does not hold what was sealed with the key. An absent one says nothing.
  CheckpointFile(std::filesystem::path file, const base::Key32& key);

  const JournalMarks& marks() const { return marks_; }
  // Throws ServiceUnavailable when it cannot be written; the next call writes all then.
  void advance(const JournalMarks& marks);

 private:
  std::filesystem::path file_;
  base::Key32 key_;
  JournalMarks marks_;
};

}  // namespace berth::store
