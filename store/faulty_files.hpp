// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file system for tests that fails, or waits, where it is told to.
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <condition_variable>
#include <mutex>
#include <set>

namespace berth::store::testing {

enum class Fault { LogAppendNoSpace, LogSyncNoSpace, LogSyncIoError, TableNoSpace };

class FaultyFiles : public rocksdb::FileSystemWrapper {
 public:
  FaultyFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFiles"; }

  void fail(Fault fault) {
    change([&] { faults_.insert(fault); });
  }
  void heal() {
    change([&] { faults_.clear(); });
  }
  // Syncs of the log wait until open_gate().
  void shut_gate() {
    change([&] { shut_ = true; });
  }
  void open_gate() {
    change([&] { shut_ = false; });
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok()) *file = std::make_unique<File>(*this, name, std::move(*file));
    return status;
  }

 private:
  using IOStatus = rocksdb::IOStatus;

  class File : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(FaultyFiles& files, const std::string& name, std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)),
          files_(files),
          log_(name.ends_with(".log")),
          table_(name.ends_with(".sst")) {}

    IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                    rocksdb::IODebugContext* debug) override {
      if (IOStatus status = files_.append_status(log_, table_); !status.ok()) return status;
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                    const rocksdb::DataVerificationInfo& info, rocksdb::IODebugContext* debug) override {
      if (IOStatus status = files_.append_status(log_, table_); !status.ok()) return status;
      return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
    }
    IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (log_) {
        if (IOStatus status = files_.sync_status(); !status.ok()) return status;
      }
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }

   private:
    FaultyFiles& files_;
    const bool log_;
    const bool table_;
  };

  void change(const std::function<void()>& how) {
    {
      const std::scoped_lock lock(mutex_);
      how();
    }
    changed_.notify_all();
  }

  IOStatus append_status(bool log, bool table) {
    const std::scoped_lock lock(mutex_);
    const bool full =
        (log && faults_.contains(Fault::LogAppendNoSpace)) || (table && faults_.contains(Fault::TableNoSpace));
    return full ? IOStatus::NoSpace("injected") : IOStatus::OK();
  }

  IOStatus sync_status() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !shut_; });
    if (faults_.contains(Fault::LogSyncIoError)) return IOStatus::IOError("injected");
    return faults_.contains(Fault::LogSyncNoSpace) ? IOStatus::NoSpace("injected") : IOStatus::OK();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Fault> faults_;
  bool shut_ = false;
};

}  // namespace berth::store::testing
