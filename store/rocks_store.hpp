// SPDX-License-Identifier: Apache-2.0
#pragma once
// The store on disk: RocksDB 7.8, one writer. A group of writes is one batch and one fdatasync; it is answered,
// readable and watchable once that returned. A full disk refuses writes with ServiceUnavailable, in advance, while
// a reserve is left, and takes them again by itself. Any other I/O error ends the process, because a failed fsync
// cannot be tried again; so does a disk that fills within one write, reserve and all, when it tears the first batch
// of a log: only a replay can tell what became of it.
#include <filesystem>
#include <functional>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "store/sealed_key.hpp"
#include "store/store.hpp"
#include "store/watch_hub.hpp"

namespace rocksdb {
class Env;
}

namespace berth::store {

// Writes the log out and ends the process with code 70: a restart replays what was durable.
void exit_to_replay(const std::string& problem);

struct RocksStoreOptions {
  std::filesystem::path dir;              // of the database; made when absent
  std::filesystem::path floor_file;       // outside `dir`; empty: `dir` + ".floor"
  std::filesystem::path checkpoint_file;  // of the journals, outside `dir`; empty: `dir` + ".checkpoints"
  JournalKeep journal_keep;               // default: every record
  JournalKeySource journal_key;           // required: journal_key_of(ring)
  base::Metrics* metrics = nullptr;       // none: counts go nowhere
  base::Clock* clock = nullptr;           // none: the real one
  std::chrono::minutes keep{15};          // superseded versions and the log are kept this long
  RingLimits ring;
  std::size_t memtable_bytes = 16 * 1024 * 1024;
  // Writes are refused while the disk has less than this left: room for the memtables to get out.
  std::size_t reserve_bytes = 64 * 1024 * 1024;
  std::function<void(const std::string& problem)> on_fatal = exit_to_replay;
  rocksdb::Env* env = nullptr;  // none: the file system; tests inject faults here
};

// Opens or makes the database. Throws Conflict when another process (or store) has it open, InternalError when
// acknowledged writes are lost or the files are damaged, whatever journal_key throws.
std::unique_ptr<Store> open_rocks_store(RocksStoreOptions options);

// True once a database was made in `dir`: from then on its key ring must be there, too.
bool holds_database(const std::filesystem::path& dir);

}  // namespace berth::store
