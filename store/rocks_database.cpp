// SPDX-License-Identifier: Apache-2.0
#include "store/rocks_database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.hpp"
#include "store/write_rules.hpp"

#if __has_feature(thread_sanitizer)
// Debian's RocksDB is not instrumented, so TSan cannot see how its threads hand over to each other. Only races
// between its own frames are passed over; what its threads call of ours is still watched.
extern "C" const char* __tsan_default_suppressions() {
  return "race:^rocksdb::\nrace:^non-virtual thunk to rocksdb::\n";
}
#endif

namespace berth::store {
namespace {

constexpr std::size_t kBlockCache = 8 * 1024 * 1024;

rocksdb::Options settings(const RocksStoreOptions& options) {
  rocksdb::Options settings;
  settings.create_if_missing = true;
  if (options.env != nullptr) settings.env = options.env;

  // An acknowledged write must never be skipped: damage in the middle of a log refuses to open; only a torn last
  // record, which nobody was told about, is dropped.
  settings.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  settings.track_and_verify_wals_in_manifest = true;
  settings.manual_wal_flush = false;

  // Keys of the log and of a journal only rise: where the last one of a table went in is where the next one goes.
  settings.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));

  // One writer thread: nothing to be had from concurrent inserts or from spinning.
  settings.allow_concurrent_memtable_write = false;
  settings.enable_write_thread_adaptive_yield = false;

  settings.write_buffer_size = options.memtable_bytes;
  settings.max_write_buffer_number = 2;
  settings.max_background_jobs = 2;
  settings.max_open_files = 256;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCache);
  settings.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // The upper levels are rewritten soon; compressing them costs more than it saves.
  settings.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};

  settings.stats_dump_period_sec = 0;
  settings.stats_persist_period_sec = 0;
  settings.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  settings.keep_log_file_num = 2;
  settings.max_log_file_size = 1024 * 1024;
  return settings;
}

std::size_t free_bytes(const std::filesystem::path& dir) {
  struct statvfs info{};
  if (::statvfs(dir.c_str(), &info) != 0) return 0;
  return static_cast<std::size_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace

void exit_to_replay(const std::string& problem) {
  base::log_error("the store cannot go on; the process ends so that a restart replays what is durable",
                  {{"error", problem}});
  base::stop_log();
  std::_Exit(70);
}

void require_ok(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return;
  if (status.IsNoSpace()) throw disk_full(status.ToString());
  throw base::internal_error(std::string(what) + ": " + status.ToString());
}

// Hears of errors in the background, on RocksDB's threads.
class RocksDatabase::Listener : public rocksdb::EventListener {
 public:
  explicit Listener(std::function<void(const std::string&)> on_fatal) : on_fatal_(std::move(on_fatal)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->IsNoSpace()) {
      disk_full = true;
    } else {
      fail(error->ToString());
    }
  }
  // We resume when there is room and a write wants it; RocksDB's own polling would race with that.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }

  void fail(const std::string& problem) {
    if (!failed.exchange(true)) on_fatal_(problem);
  }

  std::atomic<bool> disk_full = false;
  std::atomic<bool> failed = false;

 private:
  std::function<void(const std::string&)> on_fatal_;
};

RocksDatabase::RocksDatabase(const RocksStoreOptions& options)
    : dir_(options.dir), reserve_(options.reserve_bytes), listener_(std::make_shared<Listener>(options.on_fatal)) {
  std::filesystem::create_directories(dir_);
  // RocksDB writes its files as readable as the process's umask lets it.
  std::filesystem::permissions(dir_, std::filesystem::perms::owner_all);
  rocksdb::Options with_listener = settings(options);
  with_listener.listeners.push_back(listener_);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(with_listener, dir_.string(), &db);
  if (status.IsIOError() && status.ToString().find("/LOCK") != std::string::npos) {
    throw base::Status(base::Reason::Conflict, dir_.string() + " is in use by another berthd: " + status.ToString());
  }
  require_ok(status, "open " + dir_.string());
  db_.reset(db);
}

RocksDatabase::~RocksDatabase() {
  if (const rocksdb::Status status = db_->Close(); !status.ok()) {
    base::log_warning("closing the database", {{"error", status.ToString()}});
  }
}

bool RocksDatabase::resume() {
  const rocksdb::Status status = db_->Resume();
  if (!status.ok()) return false;
  listener_->disk_full = false;
  base::log_info("the disk has room again; the store takes writes");
  return true;
}

void RocksDatabase::require_room() {
  if (listener_->failed) throw base::internal_error("the store had an I/O error and takes no more writes");
  const std::size_t left = free_bytes(dir_);
  if (left < reserve_) {
    throw disk_full(std::to_string(left >> 20) + " MiB left in " + dir_.string() + ", " +
                    std::to_string(reserve_ >> 20) + " MiB are kept in reserve");
  }
  if (listener_->disk_full && !resume()) throw disk_full("the database still cannot write in " + dir_.string());
}

void RocksDatabase::write_synced(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status status = db_->Write(durable, &batch);
  if (status.ok()) return;
  if (!status.IsNoSpace()) {
    listener_->fail("write: " + status.ToString());
    throw base::internal_error("write: " + status.ToString() + "; whether it was kept is not known");
  }
  listener_->disk_full = true;
  std::uint64_t in_memtable = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kNumEntriesActiveMemTable, &in_memtable);
  if (in_memtable == 0) {
    // Resuming begins a new log only when there is something to flush; this one ends in a torn batch.
    listener_->fail("write: " + status.ToString() + "; only a restart can tell what the log holds");
  } else if (resume()) {
    // The flushed memtables do not hold the batch, and the log that may hold a part of it is retired.
    throw disk_full(status.ToString());
  }
  throw base::internal_error("disk full: " + status.ToString() + "; whether the write was kept is not known yet");
}

void RocksDatabase::write_lazily(rocksdb::WriteBatch& batch) {
  require_ok(db_->Write(rocksdb::WriteOptions(), &batch), "write");
}

std::optional<std::string> RocksDatabase::read(const std::string& row, const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db_->Get(options, row, &value);
  if (status.IsNotFound()) return std::nullopt;
  require_ok(status, "read");
  return value;
}

Scan::Scan(const Snapshot& snapshot, std::string prefix, const std::string& from) : prefix_(std::move(prefix)) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.get();
  options.fill_cache = false;
  rows_.reset(snapshot.database().db().NewIterator(options));
  rows_->Seek(from);
}

bool Scan::valid() const {
  if (!rows_->Valid()) {
    require_ok(rows_->status(), "read");
    return false;
  }
  return key().starts_with(prefix_);
}

}  // namespace berth::store
