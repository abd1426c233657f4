// SPDX-License-Identifier: Apache-2.0
// Checkpoints, pruning and waiting, for every store; what tampering with the files comes to, for the one on disk.
#include <gmock/gmock.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <fstream>
#include <thread>

#include "base/log.hpp"
#include "base/private_file.hpp"
#include "base/scope.hpp"
#include "store/rocks_layout.hpp"
#include "store/store_suite.hpp"
#include "store/write_group.hpp"

namespace berth::store {
namespace {

using ::testing::HasSubstr;
using namespace testing;
using namespace std::chrono_literals;

void add(Store& store, int count) {
  for (int i = 0; i < count; ++i) base::run(store.append("audit", "record"));
}

Task<void> add_one(Store& store) { co_await store.append("audit", "record"); }

// All at once, which takes a few syncs and not one each.
Task<void> add_many(Store& store, int count) {
  base::Scope scope(co_await base::this_loop(), "records");
  for (int i = 0; i < count; ++i) scope.spawn(add_one(store));
  co_await scope.join();
}

class StoreJournals : public StoreSuite {};
INSTANTIATE_TEST_SUITE_P(Stores, StoreJournals, all_stores(), store_name);

TEST_P(StoreJournals, PruningGoesUpToACheckpointAndStillVerifies) {
  const auto store = open();
  EXPECT_EQ(store->journal_end("audit"), 0u);
  add(*store, 5);
  base::run(store->seal_journals());
  add(*store, 3);
  EXPECT_EQ(store->journal_end("audit"), 8u);
  EXPECT_EQ(base::run(store->prune_journal("audit", {.records = 4})), 1u) << "the checkpoint is among the newest four";
  EXPECT_EQ(store->read_journal("audit", 1, 100).size(), 8u);
  EXPECT_EQ(base::run(store->prune_journal("audit", {.records = 3})), 6u);
  const auto kept = store->read_journal("audit", 1, 100);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept.front().sequence, 6u);
  const JournalReport report = store->verify_journal("audit");
  EXPECT_FALSE(report.first_bad) << report.problem;
  EXPECT_EQ(report.records, 3u);
  EXPECT_EQ(report.first, 6u);
  EXPECT_EQ(report.checkpoint, 5u);
  EXPECT_EQ(base::run(store->append("audit", "more")), 9u);
}

TEST_P(StoreJournals, EveryRecordMayGo) {
  const auto store = open();
  add(*store, 2);
  base::run(store->seal_journals());
  EXPECT_EQ(base::run(store->prune_journal("audit", {.records = 0, .age = 1h})), 1u) << "they are young";
  EXPECT_EQ(base::run(store->prune_journal("audit", {})), 1u) << "no bound, nothing goes";
  EXPECT_EQ(base::run(store->prune_journal("none", {.records = 1})), 1u);
  add(*store, 1);
  base::run(store->seal_journals());
  EXPECT_EQ(base::run(store->prune_journal("audit", {.records = 1})), 3u);
  EXPECT_EQ(store->verify_journal("audit").records, 1u);
}

TEST_P(StoreJournals, ARecordVerifiesAlone) {
  const auto store = open();
  add(*store, 3);
  auto records = store->read_journal("audit", 2, 2);
  ASSERT_EQ(records.size(), 2u);
  for (const JournalRecord& record : records) EXPECT_TRUE(store->verifies("audit", record)) << record.sequence;
  EXPECT_EQ(records[1].previous, records[0].mac);
  records[0].bytes += "!";
  EXPECT_FALSE(store->verifies("audit", records[0]));
  base::run(store->seal_journals());
  add(*store, 1);
  base::run(store->prune_journal("audit", {.records = 1}));
  const auto first = store->read_journal("audit", 1, 1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].previous, records[1].mac) << "what was pruned before it is still what it is chained to";
  EXPECT_TRUE(store->verifies("audit", first[0]));
}

Task<std::uint64_t> wait_for_growth(Store& store, std::uint64_t after) {
  while (store.journal_end("audit") <= after) co_await store.wait_journal("audit", after, 30s);
  co_return store.journal_end("audit");
}

TEST_P(StoreJournals, AGrowthWakesWhoWaits) {
  const auto store = open();
  add(*store, 1);
  EXPECT_EQ(base::run(wait_for_growth(*store, 0)), 1u) << "what is there is not waited for";
  std::jthread writer([&] {
    base::run(store->append("other", "x"));
    commit(*store, with_record(put("a", "x"), "with a write"));
  });
  EXPECT_EQ(base::run(wait_for_growth(*store, 1)), 2u);
  base::run(store->wait_journal("audit", 2, 0s));
}

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() { base::set_log_level(base::LogLevel::Error); }
  RocksStoreOptions options() {
    RocksStoreOptions made = rocks_options(dir_ / "db");
    made.clock = &clock_;
    return made;
  }
  std::unique_ptr<Store> open() { return open_rocks_store(options()); }
  std::filesystem::path file() const { return dir_ / "db.checkpoints"; }
  void tamper(const std::function<void(rocksdb::DB&)>& change) {
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, (dir_ / "db").string(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    change(*db);
  }
  static std::string row(rocksdb::DB& db, const std::string& key) {
    std::string value;
    EXPECT_TRUE(db.Get({}, key, &value).ok());
    return value;
  }

  TempDir dir_;
  base::FakeClock clock_;
};

TEST_F(CheckpointTest, ACutThatTakesItsTracesAlongIsNamed) {
  std::string old_end;
  {
    const auto store = open();
    add(*store, 3);
  }
  tamper([&](rocksdb::DB& db) { old_end = row(db, end_row_key("audit")); });
  {
    const auto store = open();
    add(*store, 2);
  }
  tamper([&](rocksdb::DB& db) {
    for (const std::uint64_t sequence : {4, 5}) {
      db.Delete({}, layout::journal_key("audit", sequence));
      db.Delete({}, checkpoint_row_key("audit", sequence));
    }
    db.Put({}, end_row_key("audit"), old_end);
  });
  auto store = open();
  add(*store, 1);
  for (int again = 0; again < 2; ++again) {
    const JournalReport report = store->verify_journal("audit");
    EXPECT_EQ(report.first_bad, 4u);
    EXPECT_THAT(report.problem, HasSubstr("record 4 is missing"));
    EXPECT_EQ(report.checkpoint, 5u + static_cast<std::uint64_t>(again));
    store.reset();
    store = open();
  }
}

TEST_F(CheckpointTest, OneEveryThousandRecordsAndEachMinute) {
  auto store = open();
  base::run(add_many(*store, 999));
  EXPECT_FALSE(store->verify_journal("audit").checkpoint);
  add(*store, 1);
  EXPECT_EQ(store->verify_journal("audit").checkpoint, 1000u);
  add(*store, 1);
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(1min);
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  EXPECT_EQ(store->verify_journal("audit").checkpoint, 1001u);
  const auto before = std::filesystem::last_write_time(file());
  clock_.advance(1min);
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  EXPECT_EQ(std::filesystem::last_write_time(file()), before) << "an idle journal is left alone";
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream input(path);
  return {std::istreambuf_iterator<char>(input), {}};
}

TEST_F(CheckpointTest, TheFileIsWrittenOnceASecondAndAtTheEnd) {
  auto store = open();
  base::run(add_many(*store, 1000));
  const std::string first = text_of(file());
  EXPECT_FALSE(first.empty());
  base::run(add_many(*store, 1000));
  EXPECT_EQ(store->verify_journal("audit").checkpoint, 2000u);
  EXPECT_EQ(text_of(file()), first) << "within the same second";
  clock_.advance(1s);
  add(*store, 1);
  const std::string second = text_of(file());
  EXPECT_NE(second, first);
  base::run(add_many(*store, 999));
  EXPECT_EQ(text_of(file()), second);
  store.reset();
  EXPECT_NE(text_of(file()), second) << "what was left when it closed";
}

TEST_F(CheckpointTest, AgeIsKeptByTheClock) {
  RocksStoreOptions made = options();
  made.journal_keep = {.records = 0, .age = 24h};
  auto store = open_rocks_store(made);
  add(*store, 2);
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  clock_.advance(1min);
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  add(*store, 1);
  clock_.advance(24h);
  ASSERT_TRUE(clock_.wait_for_sleepers(1));
  const auto kept = store->read_journal("audit", 1, 10);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].sequence, 3u);
  store.reset();
  store = open_rocks_store(made);
  const JournalReport report = store->verify_journal("audit");
  EXPECT_FALSE(report.first_bad) << report.problem;
  EXPECT_EQ(report.first, 3u);
}

TEST_F(CheckpointTest, ACutAtTheBeginningIsNoPruning) {
  {
    const auto store = open();
    add(*store, 3);
    base::run(store->seal_journals());
    add(*store, 3);
  }
  tamper([](rocksdb::DB& db) {
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) db.Delete({}, layout::journal_key("audit", sequence));
    db.Put({}, start_row_key("audit"), row(db, checkpoint_row_key("audit", 3)));
  });
  const JournalReport report = open()->verify_journal("audit");
  EXPECT_EQ(report.first_bad, 1u) << "a checkpoint's seal is not a start's";
}

TEST_F(CheckpointTest, AChangedCheckpointIsNamed) {
  {
    const auto store = open();
    add(*store, 3);
  }
  tamper([](rocksdb::DB& db) {
    std::string sealed = row(db, checkpoint_row_key("audit", 3));
    sealed[20] ^= 1;
    db.Put({}, checkpoint_row_key("audit", 3), sealed);
  });
  const JournalReport report = open()->verify_journal("audit");
  EXPECT_EQ(report.first_bad, 3u);
  EXPECT_THAT(report.problem, HasSubstr("checkpoint at record 3"));
}

TEST_F(CheckpointTest, ADamagedFileIsNamedAndItsLossIsSurvived) {
  {
    const auto store = open();
    add(*store, 3);
  }
  for (const char* text : {"audit 00\n", "\n", "audit", " \n", "audit zz\n"}) {
    base::write_private_file(file(), text);
    EXPECT_THAT(message_of([&] { open(); }), HasSubstr("db.checkpoints is damaged")) << text;
  }
  std::filesystem::remove(file());
  auto store = open();
  EXPECT_FALSE(store->verify_journal("audit").first_bad);
  add(*store, 1);
  store.reset();
  EXPECT_TRUE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace berth::store
