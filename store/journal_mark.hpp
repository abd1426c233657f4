// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the store seals about a journal beside its records: a checkpoint says how far it had come, a start says behind
// which record it begins since it was pruned. The seal names which of the two it is, so that whoever has the files
// but not the key cannot pass off a cut as pruning.
#include <map>
#include <optional>

#include "base/clock.hpp"
#include "store/journal_chain.hpp"

namespace berth::store {

struct JournalMark {
  JournalHead head;
  base::WallTime time;  // when it was sealed
};
using JournalMarks = std::map<std::string, JournalMark, std::less<>>;  // by journal

enum class MarkKind { Checkpoint, Start };

std::string seal_mark(const base::Key32& key, MarkKind kind, std::string_view journal, const JournalMark& mark);
// Nothing when the seal does not hold.
std::optional<JournalMark> open_mark(const base::Key32& key, MarkKind kind, std::string_view journal,
                                     std::string_view sealed);

// The last mark up to which `keep` lets go of a journal that ends at `end`; nullptr: nothing goes. `marks` in order.
const JournalMark* last_to_go(const std::vector<JournalMark>& marks, const JournalKeep& keep, std::uint64_t end,
                              base::WallTime now);

}  // namespace berth::store
