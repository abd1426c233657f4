// SPDX-License-Identifier: Apache-2.0
#pragma once
// What readers see. The committer changes it in one step under the short lock; readers share the lock.
#include <map>
#include <shared_mutex>

#include "store/journal_mark.hpp"
#include "store/live_index.hpp"
#include "store/write_rules.hpp"

namespace berth::store {

using JournalHeads = std::map<std::string, JournalHead, std::less<>>;

struct PublishedState {
  mutable std::shared_mutex mutex;
  LiveIndex live;
  JournalHeads heads;
  JournalMarks checkpoints;  // the newest of each journal
  Revision revision = 0;
  Revision compacted = 0;
  bool closed = false;

  void check_open() const {
    if (closed) throw closing();
  }
};

}  // namespace berth::store
