// SPDX-License-Identifier: Apache-2.0
// The one suite: writes, reads, compaction, journals, meta.
#include "store/store_suite.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace berth::store {
namespace {

using base::Reason;
using testing::below;
using testing::commit;
using testing::count_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::keys_of;
using testing::message_of;
using testing::put;
using testing::reason_of;
using testing::removal;
using testing::with_record;

class StoreWrites : public testing::StoreSuite {};

INSTANTIATE_TEST_SUITE_P(Stores, StoreWrites, testing::all_stores(), testing::store_name);

TEST_P(StoreWrites, RevisionsBeginAtOneAndFillTheGap) {
  const auto store = open();
  EXPECT_EQ(store->revision(), 0u);
  Write write = put("a", "");
  write.value = {R"({"rv":")", R"("})"};
  write.schema = 7;
  const Entry entry = commit(*store, write);
  EXPECT_EQ(entry.revision, 1u);
  EXPECT_EQ(*entry.value, R"({"rv":"1"})");
  EXPECT_EQ(entry.schema, 7u);
  EXPECT_EQ(commit(*store, put("b", "x")).revision, 2u);
  EXPECT_EQ(store->revision(), 2u);
  const auto read = store->get("a");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read->value, R"({"rv":"1"})");
  EXPECT_EQ(read->schema, 7u);
  EXPECT_FALSE(store->get("absent"));
}

TEST_P(StoreWrites, WritesHoldToTheRevisionTheyExpect) {
  const auto store = open();
  commit(*store, put("a", "x"));
  EXPECT_EQ(reason_of([&] { commit(*store, put("a", "y")); }), Reason::AlreadyExists);
  EXPECT_EQ(reason_of([&] { commit(*store, put("b", "y", 1)); }), Reason::NotFound);
  EXPECT_EQ(reason_of([&] { commit(*store, removal("b", "y", 0)); }), Reason::NotFound);
  EXPECT_EQ(reason_of([&] { commit(*store, removal("a", "y", 0)); }), Reason::Conflict);
  EXPECT_THAT(message_of([&] { commit(*store, put("a", "y", 9)); }),
              ::testing::AllOf(HasSubstr("revision 1"), HasSubstr("expected 9")));
  EXPECT_EQ(store->revision(), 1u) << "a refused write uses no revision";
  EXPECT_EQ(commit(*store, put("a", "y", 1)).revision, 2u);
  EXPECT_EQ(commit(*store, removal("a", "y", 2)).revision, 3u);
  EXPECT_EQ(reason_of([&] { commit(*store, removal("a", "y", 2)); }), Reason::NotFound);
  EXPECT_EQ(commit(*store, put("a", "again")).revision, 4u);
}

// A loop's memory is full of what comes and goes with its connections: a version in the midst would keep a page each.
TEST_P(StoreWrites, AVersionIsNoneOfItsWritersMemory) {
  const auto store = open();
  Write write = put(std::string(100, 'k'), std::string(100, 'v'));
  write.terms = {std::string(100, 't')};
  const void* const key = write.key.data();
  const void* const terms = write.terms.data();
  const void* const term = write.terms.front().data();
  const Entry entry = commit(*store, std::move(write));
  EXPECT_NE(entry.key.data(), key);
  EXPECT_NE(entry.terms.data(), terms);
  EXPECT_NE(entry.terms.front().data(), term);
}

TEST_P(StoreWrites, RefusesWhatItCannotKeep) {
  const auto store = open();
  EXPECT_EQ(reason_of([&] { commit(*store, put("", "x")); }), Reason::BadRequest);
  EXPECT_EQ(reason_of([&] { commit(*store, put(std::string("a\0b", 3), "x")); }), Reason::BadRequest);
  const auto too_large = [&] { commit(*store, put("registry/a", std::string(1536 * 1024, 'x'))); };
  EXPECT_EQ(reason_of(too_large), Reason::RequestEntityTooLarge);
  EXPECT_THAT(message_of(too_large), ::testing::Not(HasSubstr("registry/a"))) << "clients know no keys";
  EXPECT_EQ(reason_of([&] { base::run(store->append("", "x")); }), Reason::BadRequest);
  EXPECT_EQ(commit(*store, put("a", std::string(1536 * 1024 - 32, 'x'))).revision, 1u);
}

TEST_P(StoreWrites, ListsInKeyOrderPageByPage) {
  const auto store = open();
  for (const char* key : {"c/2", "c/10", "c/1", "d/1", "b/9"}) commit(*store, put(key, "x"));
  EXPECT_THAT(keys_of(store->list(below("c/"))), ElementsAre("c/1", "c/10", "c/2"));
  EXPECT_EQ(count_of(*store, "c/"), 3u);
  EXPECT_EQ(count_of(*store, ""), 5u);
  EXPECT_EQ(count_of(*store, "e"), 0u);

  for (const std::optional<Revision> at : {std::optional<Revision>(), std::optional<Revision>(5)}) {
    ListQuery query = below("c/");
    query.at = at;
    query.limit = 2;
    const ListResult first = store->list(query);
    EXPECT_EQ(first.revision, 5u);
    EXPECT_THAT(keys_of(first), ElementsAre("c/1", "c/10"));
    EXPECT_TRUE(first.more);
    EXPECT_EQ(first.rest, 0u) << "nobody asked";
    query.counts_rest = true;
    EXPECT_EQ(store->list(query).rest, 1u);
    EXPECT_EQ(keys_of(store->list(query)).size(), 2u);
    query.after = "c/10";
    const ListResult second = store->list(query);
    EXPECT_THAT(keys_of(second), ElementsAre("c/2"));
    EXPECT_FALSE(second.more);
    EXPECT_EQ(second.rest, 0u);
    query.after = "";
    query.limit = 3;
    EXPECT_FALSE(store->list(query).more) << "a page that is just full is the last";
  }
}

Write guarded(Write write, std::string key) {
  write.guard = Guard{std::move(key), "ending"};
  return write;
}

TEST_P(StoreWrites, AGuardHoldsAtTheCommit) {
  const auto store = open();
  EXPECT_EQ(reason_of([&] { commit(*store, guarded(put("room/a", "x"), "room")); }), Reason::NotFound);
  EXPECT_EQ(store->revision(), 0u) << "a refused write takes no revision";
  const Revision room = commit(*store, put("room", "x", 0, {"big"})).revision;
  const Revision made = commit(*store, guarded(put("room/a", "x"), "room")).revision;
  EXPECT_EQ(reason_of([&] { commit(*store, guarded(put("room/a", "x"), "room")); }), Reason::AlreadyExists);

  commit(*store, put("room", "y", room, {"big", "ending"}));
  EXPECT_EQ(reason_of([&] { commit(*store, guarded(put("room/b", "x"), "room")); }), Reason::Conflict);
  EXPECT_EQ(message_of([&] { commit(*store, guarded(put("room/b", "x"), "room")); }), "key \"room\" is ending");
  EXPECT_EQ(reason_of([&] { commit(*store, guarded(put("room/a", "y", made), "room")); }), Reason::Conflict);
  commit(*store, put("room/a", "y", made));  // unguarded
  EXPECT_EQ(count_of(*store, "room/"), 1u);
}

Task<void> fill_room(Store& store, std::string prefix, std::atomic<bool>& closed) {
  for (int i = 0; !closed; ++i) {
    Write write = guarded(put("room/" + prefix + std::to_string(i), "x"), "room");
    try {
      co_await store.commit(std::move(write));
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), Reason::Conflict);
    }
  }
}

// Whoever lists after the guard was shut has seen everything that ever got in.
TEST_P(StoreWrites, NothingSlipsPastAGuardThatIsShut) {
  const auto store = open();
  const Revision room = commit(*store, put("room", "x")).revision;
  std::atomic<bool> closed = false;
  Revision shut = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] { base::run(fill_room(*store, std::to_string(i) + "-", closed)); });
    }
    while (count_of(*store, "room/") < 50) std::this_thread::yield();
    shut = commit(*store, put("room", "x", room, {"ending"})).revision;
    const std::size_t seen = count_of(*store, "room/");
    const Revision later = commit(*store, put("other", "x")).revision;
    EXPECT_EQ(later, shut + 1) << "nothing was let in meanwhile";
    closed = true;
    threads.clear();
    EXPECT_EQ(count_of(*store, "room/"), seen);
  }
  for (const Entry& entry : store->list(below("room/")).entries) EXPECT_LT(entry.revision, shut);
}

TEST_P(StoreWrites, ListsByTermsThatAllMatch) {
  const auto store = open();
  commit(*store, put("p/1", "x", 0, {"app=a", "tier=web"}));
  commit(*store, put("p/2", "x", 0, {"app=a"}));
  commit(*store, put("q/1", "x", 0, {"app=a", "tier=web"}));
  commit(*store, put("p/3", "x", 0, {"app=b", "tier=web", "tier=web"}));
  ListQuery query = below("p/");
  query.terms = {"app=a"};
  EXPECT_THAT(keys_of(store->list(query)), ElementsAre("p/1", "p/2"));
  query.terms = {"app=a", "tier=web"};
  EXPECT_THAT(keys_of(store->list(query)), ElementsAre("p/1"));
  query.terms = {"app=a", "none"};
  EXPECT_TRUE(store->list(query).entries.empty());

  commit(*store, put("p/2", "x", 2, {"app=b"}));
  commit(*store, removal("p/3", "x", 4));
  query.terms = {"app=b"};
  EXPECT_THAT(keys_of(store->list(query)), ElementsAre("p/2"));
  query.at = 4;
  EXPECT_THAT(keys_of(store->list(query)), ElementsAre("p/3")) << "the terms of that revision";
}

TEST_P(StoreWrites, ListsAtAPastRevision) {
  const auto store = open();
  commit(*store, put("a", "one"));         // 1
  commit(*store, put("b", "one"));         // 2
  commit(*store, put("a", "two", 1));      // 3
  commit(*store, removal("b", "one", 2));  // 4
  commit(*store, put("ab", "one"));        // 5
  const auto texts_at = [&](Revision at) {
    ListQuery query;
    query.at = at;
    std::vector<std::string> texts;
    const ListResult result = store->list(query);
    EXPECT_EQ(result.revision, at);
    for (const Entry& entry : result.entries) texts.push_back(std::string(entry.key) + " " + *entry.value);
    return texts;
  };
  EXPECT_THAT(texts_at(1), ElementsAre("a one@1"));
  EXPECT_THAT(texts_at(2), ElementsAre("a one@1", "b one@2"));
  EXPECT_THAT(texts_at(3), ElementsAre("a two@3", "b one@2"));
  EXPECT_THAT(texts_at(4), ElementsAre("a two@3"));
  EXPECT_THAT(texts_at(5), ElementsAre("a two@3", "ab one@5"));

  ListQuery future;
  future.at = 6;
  try {
    store->list(future);
    FAIL() << "a revision that is not reached must not be served";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), Reason::Timeout);
    EXPECT_EQ(status.message(), "Too large resource version: 6, current: 5");
    ASSERT_EQ(status.details().causes.size(), 1u);
    EXPECT_EQ(status.details().causes[0].reason, "ResourceVersionTooLarge");
  }
}

TEST_P(StoreWrites, CompactionForgetsOnlyWhatWasSuperseded) {
  const auto store = open();
  commit(*store, put("a", "one", 0, {"t"}));  // 1
  commit(*store, put("b", "one"));            // 2
  commit(*store, put("a", "two", 1, {"t"}));  // 3
  commit(*store, removal("b", "one", 2));     // 4
  commit(*store, put("a", "three", 3));       // 5
  EXPECT_EQ(store->compacted(), 0u);
  base::run(store->compact(3));
  EXPECT_EQ(store->compacted(), 3u);
  ListQuery query;
  query.at = 3;
  EXPECT_EQ(reason_of([&] { store->list(query); }), Reason::Expired);
  EXPECT_EQ(message_of([&] { store->list(query); }), "too old resource version: 3 (3)");
  query.at = 4;
  const ListResult at_four = store->list(query);
  ASSERT_EQ(at_four.entries.size(), 1u);
  EXPECT_EQ(*at_four.entries[0].value, "two@3");
  EXPECT_THAT(at_four.entries[0].terms, ElementsAre("t"));

  base::run(store->compact(2));
  EXPECT_EQ(store->compacted(), 3u) << "it never goes back";
  base::run(store->compact(100));
  EXPECT_EQ(store->compacted(), 4u) << "the newest revision stays: a list must be followed by a watch";
  EXPECT_EQ(*store->get("a")->value, "three@5");
  EXPECT_EQ(count_of(*store, ""), 1u);
}

TEST_P(StoreWrites, JournalsAreSealedInCommitOrder) {
  const auto store = open();
  EXPECT_EQ(base::run(store->append("audit", "start")), 1u);
  commit(*store, with_record(put("a", "x"), "create"));
  EXPECT_THROW(commit(*store, with_record(put("a", "x"), "refused")), base::Status);
  commit(*store, with_record(with_record(put("a", "x", 1), "update"), "again"));
  EXPECT_EQ(base::run(store->append("audit", "end")), 5u);
  EXPECT_EQ(base::run(store->append("other", "alone")), 1u);

  const auto records = store->read_journal("audit", 1, 100);
  std::vector<std::string> texts;
  for (const JournalRecord& record : records) {
    texts.push_back(std::to_string(record.sequence) + " " + record.bytes + " r" + std::to_string(record.revision));
    EXPECT_EQ(record.mac.size(), 32u);
  }
  EXPECT_THAT(texts, ElementsAre("1 start r0", "2 create@1 r1", "3 update@2 r2", "4 again@2 r2", "5 end r2"));
  const auto middle = store->read_journal("audit", 3, 2);
  ASSERT_EQ(middle.size(), 2u);
  EXPECT_EQ(middle[0].sequence, 3u);
  EXPECT_TRUE(store->read_journal("none", 1, 10).empty());

  const JournalReport report = store->verify_journal("audit");
  EXPECT_EQ(report.records, 5u);
  EXPECT_FALSE(report.first_bad) << report.problem;
  EXPECT_EQ(store->verify_journal("none").records, 0u);
}

TEST_P(StoreWrites, MetaIsOutsideTheRevisions) {
  const auto store = open();
  EXPECT_FALSE(store->get_meta("id"));
  base::run(store->put_meta("id", "one"));
  base::run(store->put_meta("id", std::string("t\0wo", 4)));
  EXPECT_EQ(store->get_meta("id"), std::string("t\0wo", 4));
  EXPECT_EQ(store->revision(), 0u);
}

Task<void> write_keys(Store& store, std::string prefix, int count) {
  for (int i = 0; i < count; ++i) co_await store.commit(with_record(put(prefix + std::to_string(i), "x"), "r"));
}

Task<void> race_for_one(Store& store, std::atomic<int>& won) {
  try {
    co_await store.commit(put("prize", "mine", 1));
    ++won;
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), Reason::Conflict);
  }
}

Task<void> expect_every_revision(Store& store, Revision last) {
  auto watch = store.watch("", 0, co_await base::this_loop());
  Revision expected = 1;
  while (expected <= last) {
    for (const Event& event : co_await watch->next(64)) EXPECT_EQ(event.entry.revision, expected++);
    EXPECT_EQ(watch->progress() >= expected - 1, true);
  }
}

TEST_P(StoreWrites, ManyLoopsWriteAndWatchAtOnce) {
  const auto store = open();
  commit(*store, put("prize", "nobody's"));
  constexpr int kWriters = 4;
  constexpr int kWrites = 100;
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] { base::run(expect_every_revision(*store, 1 + 1 + kWriters * kWrites)); });
    }
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] {
        base::run(race_for_one(*store, won));
        base::run(write_keys(*store, std::to_string(i) + "/", kWrites));
      });
    }
    threads.emplace_back([&] {
      // What a list shows is never newer than the revision it names.
      for (int i = 0; i < 50; ++i) {
        const ListResult list = store->list({});
        for (const Entry& entry : list.entries) EXPECT_LE(entry.revision, list.revision);
      }
    });
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(count_of(*store, ""), 1u + kWriters * kWrites);
  const JournalReport report = store->verify_journal("audit");
  EXPECT_EQ(report.records, static_cast<std::uint64_t>(kWriters * kWrites));
  EXPECT_FALSE(report.first_bad) << report.problem;
}

Task<void> compact_all_along(Store& store, std::atomic<bool>& done) {
  while (!done) co_await store.compact(store.revision());
}

TEST_P(StoreWrites, CompactionRunsBesideReadersAndWriters) {
  const auto store = open();
  std::atomic<bool> done = false;
  std::jthread compactor([&] { base::run(compact_all_along(*store, done)); });
  Revision live = 0;
  for (int i = 0; i < 200; ++i) {
    live = commit(*store, put("a", std::to_string(i), live)).revision;
    ListQuery query;
    query.at = live;
    try {
      const ListResult result = store->list(query);
      EXPECT_EQ(result.entries.at(0).revision, live);
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), Reason::Expired);
    }
  }
  done = true;
}

}  // namespace
}  // namespace berth::store
