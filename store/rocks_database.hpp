// SPDX-License-Identifier: Apache-2.0
#pragma once
// RocksDB as this store uses it: its settings, its errors as ours, and what a full disk means to it.
#include <rocksdb/db.h>

#include <atomic>

#include "store/rocks_store.hpp"

namespace berth::store {

// Foreign errors end here. NoSpace becomes ServiceUnavailable, everything else InternalError.
void require_ok(const rocksdb::Status& status, std::string_view what);

class RocksDatabase {
 public:
  explicit RocksDatabase(const RocksStoreOptions& options);
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  // Throws ServiceUnavailable while the disk is too full to write; leaves the state of a full disk when it can.
  // Committer only.
  void require_room();
  // One fdatasync. Throws ServiceUnavailable when the disk is full and the batch is certainly gone, InternalError
  // when its fate is unknown. Committer only.
  void write_synced(rocksdb::WriteBatch& batch);
  // Durable with the next synced write: for what may be done again after a crash.
  void write_lazily(rocksdb::WriteBatch& batch);

  std::optional<std::string> read(const std::string& row, const rocksdb::Snapshot* snapshot = nullptr) const;
  rocksdb::DB& db() const { return *db_; }

 private:
  class Listener;
  // Tries to leave the state that a full disk put the database into.
  bool resume();

  std::filesystem::path dir_;
  std::size_t reserve_;
  std::shared_ptr<Listener> listener_;
  std::unique_ptr<rocksdb::DB> db_;
};

// A state of the database that stands still. Must end before the database does.
class Snapshot {
 public:
  explicit Snapshot(const RocksDatabase& database) : database_(database), snapshot_(database.db().GetSnapshot()) {}
  ~Snapshot() { database_.db().ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const rocksdb::Snapshot* get() const { return snapshot_; }
  std::optional<std::string> read(const std::string& row) const { return database_.read(row, snapshot_); }
  const RocksDatabase& database() const { return database_; }

 private:
  const RocksDatabase& database_;
  const rocksdb::Snapshot* snapshot_;
};

// The rows of a snapshot that begin with `prefix`, in order, from `from` on.
class Scan {
 public:
  Scan(const Snapshot& snapshot, std::string prefix, const std::string& from);
  // False at the end. Throws InternalError when a row cannot be read.
  bool valid() const;
  void next() { rows_->Next(); }
  void seek(const std::string& row) { rows_->Seek(row); }
  // Goes to the last row at or before `row`.
  void seek_back(const std::string& row) { rows_->SeekForPrev(row); }
  std::string_view key() const { return {rows_->key().data(), rows_->key().size()}; }
  std::string_view value() const { return {rows_->value().data(), rows_->value().size()}; }

 private:
  std::string prefix_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

}  // namespace berth::store
