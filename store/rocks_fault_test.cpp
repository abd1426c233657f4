// SPDX-License-Identifier: Apache-2.0
// Full disks, failed syncs, and groups that gather while the disk is busy.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "store/faulty_files.hpp"
#include "store/store_fixture.hpp"

namespace berth::store {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

class RocksFaultTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    RocksStoreOptions options = rocks_options(dir_ / "db");
    options.env = env_.get();
    options.metrics = &metrics_;
    options.clock = clock_;
    options.reserve_bytes = 0;  // so that the injected errors are met, not foreseen
    options.memtable_bytes = 256 * 1024;
    options.on_fatal = [this](const std::string& problem) {
      ++fatal_;
      problem_ = problem;
    };
    return open_rocks_store(options);
  }
  double batches() { return metrics_.counter("berth_store_batches_total", "").value(); }

  TempDir dir_;
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  base::Metrics metrics_;
  base::Clock* clock_ = nullptr;
  std::atomic<int> fatal_ = 0;
  std::string problem_;
};

void expect_disk_full(const std::function<void()>& act) {
  try {
    act();
    ADD_FAILURE() << "the write went through";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), Reason::ServiceUnavailable) << status.what();
    EXPECT_THAT(status.message(), HasSubstr("disk full"));
    EXPECT_EQ(status.details().retry_after, std::chrono::seconds(5));
  }
}

class BreakingClock : public base::FakeClock {
 public:
  base::SteadyTime steady_now() const override {
    if (broken) throw std::runtime_error("no time");
    return base::FakeClock::steady_now();
  }
  std::atomic<bool> broken = false;
};

TEST_F(RocksFaultTest, WhatIsDurableIsAcknowledgedWhateverComesAfter) {
  BreakingClock clock;
  clock_ = &clock;
  auto store = open();
  commit(*store, with_record(put("a", "x"), "one"));
  clock.broken = true;
  EXPECT_NO_THROW(base::run(store->seal_journals()));
  EXPECT_EQ(commit(*store, put("b", "x")).revision, 2u) << "the file of checkpoints is behind and stays so";
  EXPECT_TRUE(store->get("b"));
  EXPECT_FALSE(store->verify_journal("audit").first_bad);
}

class LogFaultTest : public RocksFaultTest, public ::testing::WithParamInterface<Fault> {};

INSTANTIATE_TEST_SUITE_P(Faults, LogFaultTest, ::testing::Values(Fault::LogAppendNoSpace, Fault::LogSyncNoSpace),
                         [](const auto& tested) {
                           return tested.param == Fault::LogAppendNoSpace ? "Append" : "Sync";
                         });

TEST_P(LogFaultTest, AWriteThatMetAFullDiskIsCertainlyGone) {
  auto store = open();
  commit(*store, with_record(put("a", "x"), "one"));
  files_->fail(GetParam());
  expect_disk_full([&] { commit(*store, with_record(put("lost", "x"), "lost")); });
  EXPECT_FALSE(store->get("lost"));
  EXPECT_EQ(store->revision(), 1u);
  EXPECT_EQ(*store->get("a")->value, "x@1") << "reads go on";
  files_->heal();
  const Revision next = commit(*store, with_record(put("b", "x"), "two")).revision;
  EXPECT_EQ(next, 3u) << "the revision of the lost write is not given again";
  store.reset();

  store = open();
  EXPECT_FALSE(store->get("lost")) << "nor does it come back from the log";
  EXPECT_THAT(keys_of(store->list({})), ElementsAre("a", "b"));
  const JournalReport report = store->verify_journal("audit");
  EXPECT_EQ(report.records, 2u);
  EXPECT_FALSE(report.first_bad) << report.problem;
  EXPECT_EQ(fatal_, 0);
}

TEST_P(LogFaultTest, ALogThatBeginsWithATornBatchNeedsARestart) {
  auto store = open();
  commit(*store, put("a", "x"));
  store.reset();
  store = open();  // nothing is in the memtable now
  files_->fail(GetParam());
  EXPECT_EQ(reason_of([&] { commit(*store, put("open", "x")); }), Reason::InternalError);
  EXPECT_EQ(fatal_, 1);
  files_->heal();
  EXPECT_EQ(reason_of([&] { commit(*store, put("b", "x")); }), Reason::InternalError);
  EXPECT_EQ(count_of(*store, ""), 1u);
  store.reset();
  store = open();
  EXPECT_TRUE(store->get("a"));
  EXPECT_GT(commit(*store, put("b", "x")).revision, 2u) << "the revision of the open write is not given again";
}

TEST_P(LogFaultTest, AWriteWhoseFateIsOpenSaysSo) {
  auto store = open();
  commit(*store, put("a", "x"));
  files_->fail(GetParam());
  files_->fail(Fault::TableNoSpace);  // so that resuming fails, too
  const auto write = [&] { commit(*store, put("open", "x")); };
  EXPECT_EQ(reason_of(write), Reason::InternalError);
  expect_disk_full([&] { commit(*store, put("b", "x")); });
  EXPECT_EQ(store->revision(), 1u);
  files_->heal();
  EXPECT_EQ(commit(*store, put("c", "x")).revision, 3u);
  store.reset();
  store = open();
  EXPECT_THAT(keys_of(store->list({})), ElementsAre("a", "c"));
  EXPECT_EQ(fatal_, 0);
}

TEST_F(RocksFaultTest, AFlushThatFindsNoSpaceStopsWritesUntilThereIsSome) {
  auto store = open();
  commit(*store, put("a", "x"));
  files_->fail(Fault::TableNoSpace);
  int written = 0;
  bool refused = false;
  while (!refused) {
    try {
      commit(*store, put("big/" + std::to_string(written), std::string(64 * 1024, 'x')));
      ASSERT_LT(++written, 1000);
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), Reason::ServiceUnavailable) << status.what();
      refused = true;
    }
  }
  EXPECT_EQ(count_of(*store, ""), 1u + static_cast<std::size_t>(written));
  files_->heal();
  commit(*store, put("after", "x"));
  store.reset();
  store = open();
  EXPECT_EQ(count_of(*store, ""), 2u + static_cast<std::size_t>(written));
  EXPECT_EQ(fatal_, 0);
}

TEST_F(RocksFaultTest, AFailedSyncEndsTheProcess) {
  auto store = open();
  commit(*store, put("a", "x"));
  files_->fail(Fault::LogSyncIoError);
  EXPECT_EQ(reason_of([&] { commit(*store, put("b", "x")); }), Reason::InternalError);
  EXPECT_EQ(fatal_, 1);
  EXPECT_THAT(problem_, HasSubstr("injected"));
  files_->heal();
  EXPECT_EQ(reason_of([&] { commit(*store, put("c", "x")); }), Reason::InternalError) << "a sync is never tried again";
  EXPECT_EQ(fatal_, 1);
  EXPECT_EQ(store->revision(), 1u);
}

TEST_F(RocksFaultTest, AFloorThatCannotBeWrittenRefusesTheWrite) {
  RocksStoreOptions options = rocks_options(dir_ / "db");
  options.floor_file = dir_ / "missing/floor";
  const auto store = open_rocks_store(options);
  EXPECT_EQ(reason_of([&] { commit(*store, put("a", "x")); }), Reason::ServiceUnavailable);
  EXPECT_EQ(store->revision(), 0u);
  std::filesystem::create_directory(dir_ / "missing");
  EXPECT_EQ(commit(*store, put("a", "x")).revision, 1u);
}

Task<void> note_outcome(Store& store, Write write, std::vector<std::string>& outcomes) {
  try {
    const Entry entry = co_await store.commit(std::move(write));
    outcomes.push_back(*entry.value);
  } catch (const base::Status& status) {
    outcomes.emplace_back(to_string(status.reason()));
  }
}

// Submits all writes in order while no sync can end, so that whatever did not get into the first group is one group.
Task<void> gather(Store& store, FaultyFiles& files, std::vector<Write> writes, std::vector<std::string>& outcomes) {
  base::Scope scope(co_await base::this_loop(), "group");
  files.shut_gate();
  for (Write& write : writes) scope.spawn(note_outcome(store, std::move(write), outcomes));
  // Comes after the spawned ones in the loop's queue.
  co_await base::asio::post(co_await base::this_loop(), base::use_task);
  files.open_gate();
  co_await scope.join();
}

TEST_F(RocksFaultTest, WhatGathersDuringASyncIsOneBatch) {
  const auto store = open();
  const double before = batches();
  std::vector<Write> writes;
  for (int i = 0; i < 200; ++i) writes.push_back(with_record(put(std::to_string(i), "x"), "r"));
  std::vector<std::string> outcomes;
  base::run(gather(*store, *files_, std::move(writes), outcomes));
  EXPECT_EQ(store->revision(), 200u);
  EXPECT_LE(batches() - before, 2);
}

TEST_F(RocksFaultTest, WritesOfAGroupSeeEachOther) {
  const auto store = open();
  const double before = batches();
  std::vector<std::string> outcomes;
  base::run(gather(*store, *files_,
                   {put("first", "x"), put("a", "one"), put("a", "two"), put("a", "two", 2), removal("a", "gone", 3),
                    put("a", "three", 3), put("a", "four")},
                   outcomes));
  std::sort(outcomes.begin(), outcomes.end());  // refusals may overtake: they need no disk
  EXPECT_THAT(outcomes, ElementsAre("AlreadyExists", "NotFound", "four@5", "gone@4", "one@2", "two@3", "x@1"));
  EXPECT_LE(batches() - before, 2);
  EXPECT_EQ(*store->get("a")->value, "four@5");
}

TEST_F(RocksFaultTest, NothingIsReadableBeforeItIsDurable) {
  const auto store = open();
  files_->shut_gate();
  std::jthread writer([&] { commit(*store, put("a", "x")); });
  EXPECT_FALSE(store->get("a"));
  EXPECT_EQ(store->revision(), 0u);
  files_->open_gate();
  writer.join();
  EXPECT_TRUE(store->get("a"));
}

// A real file system of 64 MiB.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=64m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

  // Takes up space until `left` bytes are free.
  void fill(std::size_t left) {
    const std::size_t available = std::filesystem::space(path_).available;
    const int file = ::open((path_ / "ballast").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    EXPECT_EQ(::posix_fallocate(file, 0, static_cast<off_t>(available - left)), 0);
    ::close(file);
  }
  void empty() { std::filesystem::remove(path_ / "ballast"); }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

TEST(DiskFullTest, WritesAreRefusedWhileTheReserveIsTouchedAndComeBackByThemselves) {
  TempDir dir;
  SmallDisk disk(dir / "disk");
  ASSERT_TRUE(disk.mounted()) << "mount needs root";
  RocksStoreOptions options = rocks_options(dir / "disk/db");
  options.memtable_bytes = 1024 * 1024;
  options.reserve_bytes = 8 * 1024 * 1024;
  auto store = open_rocks_store(options);
  for (int i = 0; i < 20; ++i) commit(*store, put(std::to_string(i), std::string(100 * 1024, 'x')));
  disk.fill(4 * 1024 * 1024);
  for (int i = 0; i < 3; ++i) expect_disk_full([&] { commit(*store, put("refused", "x")); });
  EXPECT_EQ(count_of(*store, ""), 20u);
  EXPECT_EQ(store->list({}).entries.size(), 20u);
  disk.empty();
  EXPECT_EQ(commit(*store, put("after", "x")).revision, 21u) << "a refusal in advance uses no revision";
  store.reset();
  store = open_rocks_store(options);
  EXPECT_EQ(count_of(*store, ""), 21u);
}

TEST(DiskFullTest, ADiskThatFillsUnderneathLosesNothingThatWasAcknowledged) {
  TempDir dir;
  SmallDisk disk(dir / "disk");
  ASSERT_TRUE(disk.mounted()) << "mount needs root";
  RocksStoreOptions options = rocks_options(dir / "disk/db");
  options.floor_file = dir / "floor";
  options.memtable_bytes = 1024 * 1024;
  options.reserve_bytes = 0;
  options.on_fatal = [](const std::string&) {};  // a restart comes below, in any case
  auto store = open_rocks_store(options);
  commit(*store, put("first", "x"));
  disk.fill(3 * 1024 * 1024);
  std::map<std::string, base::Reason> refused;
  std::map<std::string, Entry> acknowledged;
  for (int i = 0; refused.size() < 5; ++i) {
    ASSERT_LT(i, 10'000);
    const std::string key = std::to_string(i);
    try {
      acknowledged[key] = commit(*store, put(key, std::string(100 * 1024, 'x')));
    } catch (const base::Status& status) {
      refused.emplace(key, status.reason());
    }
  }
  EXPECT_FALSE(acknowledged.empty());
  EXPECT_TRUE(store->get("first"));
  disk.empty();
  store.reset();

  store = open_rocks_store(options);
  Revision newest = 1;
  for (const auto& [key, written] : acknowledged) {
    const auto entry = store->get(key);
    ASSERT_TRUE(entry) << key;
    EXPECT_EQ(entry->revision, written.revision);
    newest = std::max(newest, written.revision);
  }
  for (const auto& [key, reason] : refused) {
    if (reason == Reason::ServiceUnavailable) EXPECT_FALSE(store->get(key)) << "what was refused came back: " << key;
  }
  EXPECT_GT(commit(*store, put("after", "x")).revision, newest);
}

}  // namespace
}  // namespace berth::store
