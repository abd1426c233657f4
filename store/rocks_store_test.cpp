// SPDX-License-Identifier: Apache-2.0
// What only a store on disk can get wrong: restarts, tampering, the revision floor, compaction by the clock.
#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include "base/private_file.hpp"
#include "store/rocks_layout.hpp"
#include "store/store_fixture.hpp"
#include "store/write_group.hpp"

namespace berth::store {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

class RocksStoreTest : public ::testing::Test {
 protected:
  RocksStoreOptions options() {
    RocksStoreOptions made = rocks_options(dir_ / "db");
    made.metrics = &metrics_;
    return made;
  }
  std::unique_ptr<Store> open() { return open_rocks_store(options()); }
  std::filesystem::path floor() const { return dir_ / "db.floor"; }

  TempDir dir_;
  base::Metrics metrics_;
};

TEST_F(RocksStoreTest, ARestartKeepsEverything) {
  auto store = open();
  EXPECT_FALSE(holds_database(dir_ / "nothing"));
  commit(*store, put("a", "one", 0, {"t1"}));
  commit(*store, put("b", "one"));
  commit(*store, with_record(put("a", "two", 1, {"t2"}), "update"));
  commit(*store, removal("b", "one", 2));
  base::run(store->put_meta("id", "instance"));
  store.reset();
  EXPECT_TRUE(holds_database(dir_ / "db"));

  store = open();
  EXPECT_EQ(store->revision(), 4u);
  EXPECT_EQ(count_of(*store, ""), 1u);
  EXPECT_EQ(*store->get("a")->value, "two@3");
  EXPECT_EQ(store->get_meta("id"), "instance");
  ListQuery by_term;
  by_term.terms = {"t2"};
  EXPECT_THAT(keys_of(store->list(by_term)), ElementsAre("a"));
  ListQuery past;
  past.at = 2;
  EXPECT_THAT(keys_of(store->list(past)), ElementsAre("a", "b"));
  EXPECT_EQ(commit(*store, with_record(put("c", "x"), "create")).revision, 5u) << "a clean restart skips nothing";
  EXPECT_EQ(store->verify_journal("audit").records, 2u);
  EXPECT_FALSE(store->verify_journal("audit").first_bad);
}

Task<void> resume_watch(Store& store) {
  auto watch = store.watch("", 1, co_await base::this_loop());
  co_await store.commit(put("c", "x"));
  EXPECT_THAT(co_await read_texts(*watch, 3),
              ElementsAre("put a two@2 after one@1", "delete a two@3 after two@2", "put c x@4"));
}

TEST_F(RocksStoreTest, AWatchResumesAcrossARestart) {
  auto store = open();
  commit(*store, put("a", "one"));
  commit(*store, put("a", "two", 1));
  commit(*store, removal("a", "two", 2));
  store.reset();
  store = open();
  base::run(resume_watch(*store));
}

TEST_F(RocksStoreTest, CompactionSurvivesARestart) {
  auto store = open();
  Revision live = 0;
  for (int i = 0; i < 5; ++i) live = commit(*store, put("a", "x", live)).revision;
  commit(*store, put("b", "x"));
  commit(*store, removal("b", "x", 6));
  commit(*store, put("c", "x"));
  base::run(store->compact(7));
  store.reset();
  store = open();
  EXPECT_EQ(store->compacted(), 7u);
  EXPECT_EQ(store->revision(), 8u);
  EXPECT_THAT(keys_of(store->list({})), ElementsAre("a", "c"));
  EXPECT_EQ(store->get("a")->revision, 5u);
  ListQuery past;
  past.at = 7;
  EXPECT_EQ(reason_of([&] { store->list(past); }), Reason::Expired);
}

TEST_F(RocksStoreTest, CompactionRemovesRows) {
  {
    auto store = open();
    Revision live = 0;
    for (int i = 0; i < 2500; ++i) live = commit(*store, put("a", "x", live)).revision;
    base::run(store->compact(live));
  }
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, (dir_ / "db").string(), &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator({}));
  std::map<char, int> per_table;
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) ++per_table[rows->key()[0]];
  EXPECT_EQ(per_table[layout::kObjects], 2) << "the newest, and the one that the newest superseded";
  EXPECT_EQ(per_table[layout::kLog], 2);
}

TEST_F(RocksStoreTest, TheDirectoryIsOpenedOnce) {
  const auto store = open();
  const auto again = [&] { open(); };
  EXPECT_EQ(reason_of(again), Reason::Conflict);
  EXPECT_THAT(message_of(again), HasSubstr("in use by another berthd"));
}

TEST_F(RocksStoreTest, OneGroupIsOneBatch) {
  auto store = open();
  auto commits = metrics_.counter("berth_store_commits_total", "");
  auto batches = metrics_.counter("berth_store_batches_total", "");
  commit(*store, with_record(with_record(put("a", "x"), "one"), "two"));
  EXPECT_EQ(commits.value(), 1);
  EXPECT_EQ(batches.value(), 1) << "object, log and journal are one fdatasync";
  EXPECT_THROW(commit(*store, put("a", "x")), base::Status);
  EXPECT_EQ(batches.value(), 1) << "a refusal costs no I/O";
  EXPECT_EQ(metrics_.gauge("berth_store_objects", "").value(), 1);
  EXPECT_EQ(metrics_.gauge("berth_store_revision", "").value(), 1);
}

// Waits for a condition that another thread brings about, without a time of its own.
void await(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST_F(RocksStoreTest, UpkeepKeepsAQuarterOfAnHour) {
  base::FakeClock clock;
  RocksStoreOptions timed = options();
  timed.clock = &clock;
  auto store = open_rocks_store(timed);
  const auto pass_minute = [&] {
    await([&] { return clock.sleepers() == 1; });
    clock.advance(std::chrono::minutes(1));
    await([&] { return clock.sleepers() == 1; });
  };
  Revision live = 0;
  for (int i = 0; i < 3; ++i) live = commit(*store, put("a", "x", live)).revision;
  pass_minute();  // notes revision 3
  commit(*store, put("a", "x", live));
  for (int minute = 0; minute < 14; ++minute) pass_minute();
  EXPECT_EQ(store->compacted(), 0u);
  pass_minute();
  EXPECT_EQ(store->compacted(), 3u);
  pass_minute();
  EXPECT_EQ(store->compacted(), 3u) << "never the newest";
}

TEST_F(RocksStoreTest, TheFloorKeepsRevisionsFromRepeating) {
  auto store = open();
  commit(*store, put("a", "x"));
  EXPECT_EQ(base::read_private_file(floor()), "ahead 10001\n");
  store.reset();
  EXPECT_EQ(base::read_private_file(floor()), "exact 1\n");

  // As a crash leaves it.
  base::write_private_file(floor(), "ahead 10001\n");
  store = open();
  EXPECT_EQ(store->revision(), 1u);
  EXPECT_EQ(commit(*store, put("b", "x")).revision, 10002u);
  store.reset();

  std::filesystem::remove(floor());
  store = open();
  EXPECT_EQ(commit(*store, put("c", "x")).revision, 20003u) << "without a floor a block is skipped";
}

TEST_F(RocksStoreTest, LostWritesAreNamed) {
  open().reset();
  base::write_private_file(floor(), "exact 7\n");
  const auto reopen = [&] { open(); };
  EXPECT_THAT(message_of(reopen), AllOf(HasSubstr("acknowledged writes are lost"), HasSubstr(floor().string()),
                                        HasSubstr("revision 7"), HasSubstr("ends at 0")));
  base::write_private_file(floor(), "exact7");
  EXPECT_THAT(message_of(reopen), HasSubstr("is damaged"));
}

// The next revision would be 0 again, or soon.
TEST_F(RocksStoreTest, AFloorWithoutRoomAboveItIsRefused) {
  open().reset();
  for (const char* text : {"ahead 18446744073709551615\n", "exact 18446744073709551615\n",
                           "ahead 9223372036854775808\n", "ahead 18446744073709551616\n"}) {
    base::write_private_file(floor(), text);
    EXPECT_THAT(message_of([&] { open(); }), AllOf(HasSubstr("is damaged"), HasSubstr(floor().string()))) << text;
  }
  base::write_private_file(floor(), "ahead 9223372036854775807\n");
  auto store = open();
  EXPECT_EQ(commit(*store, put("a", "x")).revision, Revision{1} << 63);
}

TEST_F(RocksStoreTest, TheFolderIsForItsOwnerAlone) {
  std::filesystem::create_directories(dir_ / "db");
  std::filesystem::permissions(dir_ / "db", std::filesystem::perms(0755));
  open().reset();
  EXPECT_EQ(std::filesystem::status(dir_ / "db").permissions(), std::filesystem::perms::owner_all);
}

TEST_F(RocksStoreTest, AnUnusedOpenLeavesTheFloorAlone) {
  open().reset();
  EXPECT_FALSE(std::filesystem::exists(floor()));
  base::write_private_file(floor(), "ahead 10001\n");
  open().reset();
  EXPECT_EQ(base::read_private_file(floor()), "ahead 10001\n");
}

TEST_F(RocksStoreTest, DamageInTheMiddleOfTheLogRefusesToOpen) {
  {
    auto store = open();
    for (int i = 0; i < 200; ++i) commit(*store, put(std::to_string(i), std::string(200, 'x')));
  }
  for (const auto& file : std::filesystem::directory_iterator(dir_ / "db")) {
    if (file.path().extension() != ".log") continue;
    std::fstream log(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    log.write("damage", 6);
  }
  EXPECT_EQ(reason_of([&] { open(); }), Reason::InternalError);
}

// Changes rows behind the store's back.
void tamper(const std::filesystem::path& dir, const std::function<void(rocksdb::DB&)>& change) {
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, dir.string(), &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  change(*db);
}

std::string row_of(rocksdb::DB& db, std::uint64_t sequence) {
  std::string row;
  EXPECT_TRUE(db.Get({}, layout::journal_key("audit", sequence), &row).ok());
  return row;
}

class TamperTest : public RocksStoreTest {
 protected:
  // A journal of five records, changed, and what the store then says of it.
  JournalReport report_after(const std::function<void(rocksdb::DB&)>& change) {
    {
      auto store = open();
      for (int i = 0; i < 5; ++i) commit(*store, with_record(put(std::to_string(i), "x"), "record"));
    }
    tamper(dir_ / "db", change);
    auto store = open();
    base::run(store->append("audit", "after the change"));
    return store->verify_journal("audit");
  }
};

TEST_F(TamperTest, NothingChanged) {
  const JournalReport report = report_after([](rocksdb::DB&) {});
  EXPECT_FALSE(report.first_bad) << report.problem;
  EXPECT_EQ(report.records, 6u);
}

TEST_F(TamperTest, AChangedRecordIsNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) {
    std::string row = row_of(db, 3);
    row.back() = '!';
    db.Put({}, layout::journal_key("audit", 3), row);
  });
  EXPECT_EQ(report.first_bad, 3u);
  EXPECT_THAT(report.problem, HasSubstr("record 3 was changed"));
  EXPECT_EQ(report.records, 2u);
}

TEST_F(TamperTest, AChangedRevisionIsNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) {
    std::string row = row_of(db, 2);
    row[7] = 9;
    db.Put({}, layout::journal_key("audit", 2), row);
  });
  EXPECT_EQ(report.first_bad, 2u);
}

TEST_F(TamperTest, ARemovedRecordIsNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) { db.Delete({}, layout::journal_key("audit", 2)); });
  EXPECT_EQ(report.first_bad, 2u);
  EXPECT_THAT(report.problem, HasSubstr("record 2 is missing"));
}

TEST_F(TamperTest, SwappedRecordsAreNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) {
    const std::string third = row_of(db, 3);
    const std::string fourth = row_of(db, 4);
    db.Put({}, layout::journal_key("audit", 3), fourth);
    db.Put({}, layout::journal_key("audit", 4), third);
  });
  EXPECT_EQ(report.first_bad, 3u);
}

TEST_F(TamperTest, AnInsertedRecordIsNamed) {
  const JournalReport report =
      report_after([](rocksdb::DB& db) { db.Put({}, layout::journal_key("audit", 6), row_of(db, 5)); });
  EXPECT_EQ(report.first_bad, 6u) << "and what came after it did not paint it over";
}

TEST_F(TamperTest, ACutIsNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) {
    db.Delete({}, layout::journal_key("audit", 4));
    db.Delete({}, layout::journal_key("audit", 5));
  });
  EXPECT_EQ(report.first_bad, 4u) << "and what came after it did not paint it over";
}

// After a kill there is neither checkpoint nor file that tells of the newest records: the end alone does.
TEST_F(TamperTest, ACutWithItsSealedEndIsNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) {
    for (const std::uint64_t sequence : {4, 5}) {
      db.Delete({}, layout::journal_key("audit", sequence));
      db.Delete({}, checkpoint_row_key("audit", sequence));
    }
    db.Delete({}, end_row_key("audit"));
    std::filesystem::remove(std::filesystem::path(db.GetName() + ".checkpoints"));
  });
  EXPECT_EQ(report.first_bad, 4u) << "and what came after it did not paint it over";
  EXPECT_EQ(open()->verify_journal("audit").first_bad, 4u);
}

TEST_F(TamperTest, ACutThatWasLookedAtIsStillNamed) {
  {
    auto store = open();
    for (int i = 0; i < 5; ++i) commit(*store, with_record(put(std::to_string(i), "x"), "record"));
  }
  tamper(dir_ / "db", [](rocksdb::DB& db) {
    db.Delete({}, layout::journal_key("audit", 5));
    db.Delete({}, end_row_key("audit"));
    std::filesystem::remove(std::filesystem::path(db.GetName() + ".checkpoints"));
  });
  // Opened without a write, a store leaves its checkpoint all the same.
  for (int again = 0; again < 3; ++again) EXPECT_EQ(open()->verify_journal("audit").first_bad, 5u);
}

TEST_F(TamperTest, ACutOfEverythingIsNamed) {
  const JournalReport report = report_after([](rocksdb::DB& db) {
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) db.Delete({}, layout::journal_key("audit", sequence));
  });
  EXPECT_EQ(report.first_bad, 1u);
}

TEST_F(TamperTest, AGarbledLastRecordIsNamedAndDoesNotLockUsOut) {
  const JournalReport report =
      report_after([](rocksdb::DB& db) { db.Put({}, layout::journal_key("audit", 5), "short"); });
  EXPECT_EQ(report.first_bad, 5u);
  EXPECT_THAT(report.problem, HasSubstr("does not decode"));
}

// The same random writes to the reference and to disk, with restarts: both must always tell the same story.
TEST_F(RocksStoreTest, AgreesWithTheReference) {
  std::mt19937 random(20260102);
  const auto pick = [&random](int below_this) { return std::uniform_int_distribution<int>(0, below_this - 1)(random); };
  const auto reference = make_memory_store();
  auto store = open();
  for (int step = 0; step < 400; ++step) {
    const std::string key = std::to_string(pick(3)) + "/" + std::to_string(pick(6));
    const auto live = reference->get(key);
    Write write = put(key, std::to_string(step), live ? live->revision : 0, {"t" + std::to_string(pick(3))});
    if (live && pick(3) == 0) write.op = Op::Delete;
    if (pick(10) == 0) write.expected += 1;
    std::string expected;
    std::string found;
    try {
      expected = *commit(*reference, write).value;
    } catch (const base::Status& status) {
      expected = status.what();
    }
    try {
      found = *commit(*store, write).value;
    } catch (const base::Status& status) {
      found = status.what();
    }
    ASSERT_EQ(found, expected) << "step " << step;
    if (pick(100) == 0) {
      const Revision to = reference->revision() / 2;
      base::run(reference->compact(to));
      base::run(store->compact(to));
    }
    if (step % 130 == 129) {
      store.reset();
      store = open();
    }
    ListQuery query = below(std::to_string(pick(3)) + "/");
    if (pick(2) == 0) query.terms = {"t" + std::to_string(pick(3))};
    if (pick(2) == 0) query.limit = 2;
    if (pick(2) == 0) query.after = query.prefix + std::to_string(pick(6));
    if (reference->revision() > reference->compacted() + 1) {
      query.at = reference->compacted() + 1 +
                 static_cast<Revision>(pick(static_cast<int>(reference->revision() - reference->compacted())));
    }
    const ListResult wanted = reference->list(query);
    const ListResult got = store->list(query);
    ASSERT_EQ(keys_of(got), keys_of(wanted)) << "step " << step;
    EXPECT_EQ(got.more, wanted.more);
    for (std::size_t i = 0; i < got.entries.size(); ++i) {
      EXPECT_EQ(*got.entries[i].value, *wanted.entries[i].value);
      EXPECT_TRUE(std::ranges::equal(got.entries[i].terms, wanted.entries[i].terms));
    }
  }
}

}  // namespace
}  // namespace berth::store
