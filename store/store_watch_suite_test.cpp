// SPDX-License-Identifier: Apache-2.0
// The one suite: watches, and the end of a store.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "store/store_suite.hpp"

namespace berth::store {
namespace {

using base::Reason;
using testing::commit;
using ::testing::ElementsAre;
using testing::put;
using testing::read_texts;
using testing::reason_of;
using testing::removal;
using testing::text_of;

class StoreWatches : public testing::StoreSuite {};

INSTANTIATE_TEST_SUITE_P(Stores, StoreWatches, testing::all_stores(), testing::store_name);

Task<void> list_then_watch(Store& store) {
  commit(store, put("a", "one"));
  co_await store.compact(100);
  const Revision listed = store.list({}).revision;
  auto watch = store.watch("", listed, co_await base::this_loop());
  co_await store.commit(put("b", "one"));
  EXPECT_THAT(co_await read_texts(*watch, 1), ElementsAre("put b one@2"));
}

TEST_P(StoreWatches, AWatchFromTheListIsNeverTooOld) {
  const auto store = open();
  base::run(list_then_watch(*store));
}

Task<void> watch_changes(Store& store) {
  const auto loop = co_await base::this_loop();
  auto all = store.watch("", 0, loop);
  auto later = store.watch("p/", 2, loop);
  co_await store.commit(put("p/a", "one"));               // 1
  co_await store.commit(put("q/a", "one"));               // 2
  co_await store.commit(put("p/a", "two", 1, {"term"}));  // 3
  co_await store.commit(removal("p/a", "last", 3));       // 4
  EXPECT_THAT(co_await read_texts(*all, 4), ElementsAre("put p/a one@1", "put q/a one@2", "put p/a two@3 after one@1",
                                                        "delete p/a last@4 after two@3"));
  const auto first = co_await later->next(1);
  EXPECT_EQ(first.size(), 1u);
  EXPECT_EQ(text_of(first[0]), "put p/a two@3 after one@1");
  EXPECT_THAT(first[0].entry.terms, ElementsAre("term"));
  EXPECT_EQ(later->progress(), 3u);
  EXPECT_THAT(co_await read_texts(*later, 1), ElementsAre("delete p/a last@4 after two@3"));

  const auto quiet = co_await later->next_for(10, std::chrono::milliseconds(1));
  EXPECT_TRUE(quiet.empty());
  co_await store.commit(put("q/b", "one"));
  EXPECT_EQ(later->progress(), 5u) << "what does not match is delivered by being skipped";
}

TEST_P(StoreWatches, WatchesSeeEachChangeOnceInOrder) {
  const auto store = open();
  base::run(watch_changes(*store));
}

Task<void> watch_the_future(Store& store) {
  auto watch = store.watch("", 2, co_await base::this_loop());
  for (const char* key : {"a", "b", "c"}) co_await store.commit(put(key, "x"));
  EXPECT_THAT(co_await read_texts(*watch, 1), ElementsAre("put c x@3"));
}

TEST_P(StoreWatches, AWatchFromTheFutureWaitsForIt) {
  const auto store = open();
  base::run(watch_the_future(*store));
}

Task<void> outlive_the_ring(Store& store) {
  const auto loop = co_await base::this_loop();
  auto slow = store.watch("p/", 0, loop);
  auto quiet = store.watch("q/", 0, loop);
  for (int i = 0; i < 20; ++i) co_await store.commit(put("p/" + std::to_string(i), "x"));

  base::Reason reason = Reason::InternalError;
  try {
    co_await slow->next(100);
  } catch (const base::Status& status) {
    reason = status.reason();
  }
  EXPECT_EQ(reason, Reason::Expired);
  reason = Reason::InternalError;
  try {
    co_await slow->next(100);
  } catch (const base::Status& status) {
    reason = status.reason();
  }
  EXPECT_EQ(reason, Reason::Cancelled) << "it says so once, and is over";

  co_await store.commit(put("q/1", "x"));
  EXPECT_THAT(co_await read_texts(*quiet, 1), ElementsAre("put q/1 x@21")) << "a quiet watch cannot fall off";

  auto from_log = store.watch("p/", 3, loop);
  const auto replayed = co_await read_texts(*from_log, 17);
  EXPECT_EQ(replayed.front(), "put p/3 x@4");
  EXPECT_EQ(replayed.back(), "put p/19 x@20");
  co_await store.commit(put("p/new", "x"));
  EXPECT_THAT(co_await read_texts(*from_log, 1), ElementsAre("put p/new x@22"));
}

TEST_P(StoreWatches, ASlowWatchExpiresAndAnOldOneReadsTheLog) {
  const auto store = open({.events = 4, .bytes = 1 << 20});
  base::run(outlive_the_ring(*store));
}

TEST_P(StoreWatches, TheRingIsBoundedInBytes) {
  const auto store = open({.events = 1000, .bytes = 16});
  base::run(outlive_the_ring(*store));
}

Task<void> watch_compacted(Store& store) {
  for (int i = 0; i < 10; ++i) co_await store.commit(put("p/" + std::to_string(i), "x"));
  co_await store.compact(5);
  const auto loop = co_await base::this_loop();
  for (const Revision after : {Revision{0}, Revision{5}}) {
    auto watch = store.watch("", after, loop);
    std::string message;
    try {
      co_await watch->next(1);
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), Reason::Expired);
      message = status.message();
    }
    EXPECT_EQ(message, "too old resource version: " + std::to_string(after) + " (5)");
  }
  auto watch = store.watch("", 6, loop);
  EXPECT_THAT(co_await read_texts(*watch, 1), ElementsAre("put p/6 x@7"));
}

TEST_P(StoreWatches, AWatchOfACompactedRevisionExpires) {
  const auto store = open();
  base::run(watch_compacted(*store));
}

Task<void> share_buffers(Store& store) {
  auto watch = store.watch("", 0, co_await base::this_loop());
  const Entry written = co_await store.commit(put("a", "x"));
  const auto events = co_await watch->next(1);
  EXPECT_EQ(events.at(0).entry.value, written.value);
  EXPECT_EQ(store.get("a")->value, written.value);
  EXPECT_EQ(store.list({}).entries.at(0).value, written.value);
}

TEST_P(StoreWatches, EveryReaderSharesOneBuffer) {
  const auto store = open();
  base::run(share_buffers(*store));
}

Task<void> wait_for_the_close(Store& store, std::atomic<bool>& waiting, base::Reason& reason) {
  auto watch = store.watch("", 0, co_await base::this_loop());
  co_await watch->next(1);
  waiting = true;
  waiting.notify_one();
  try {
    co_await watch->next(1);
  } catch (const base::Status& status) {
    reason = status.reason();
  }
}

TEST_P(StoreWatches, CloseEndsWatchesAndRefusesWhatComesLater) {
  const auto store = open();
  commit(*store, put("a", "x"));
  std::atomic<bool> waiting = false;
  base::Reason reason = Reason::InternalError;
  std::jthread watcher([&] { base::run(wait_for_the_close(*store, waiting, reason)); });
  waiting.wait(false);
  store->close();
  watcher.join();
  EXPECT_EQ(reason, Reason::Cancelled);
  store->close();
  EXPECT_EQ(reason_of([&] { commit(*store, put("b", "x")); }), Reason::ServiceUnavailable);
  EXPECT_EQ(reason_of([&] { base::run(store->append("audit", "x")); }), Reason::ServiceUnavailable);
  EXPECT_EQ(reason_of([&] { base::run(store->put_meta("a", "x")); }), Reason::ServiceUnavailable);
  EXPECT_EQ(reason_of([&] { base::run(store->compact(1)); }), Reason::ServiceUnavailable);
  EXPECT_EQ(reason_of([&] { store->get("a"); }), Reason::ServiceUnavailable);
  EXPECT_EQ(reason_of([&] { store->list({}); }), Reason::ServiceUnavailable);
}

Task<void> sit_on_a_watch(Store& store, base::Reason& reason) {
  auto watch = store.watch("", 0, co_await base::this_loop());
  try {
    co_await watch->next(1);
  } catch (...) {
    reason = base::current_status().reason();
  }
}

Task<void> cancel_a_watch(Store& store) {
  base::Reason reason = Reason::InternalError;
  base::Scope scope(co_await base::this_loop(), "test");
  scope.spawn(sit_on_a_watch(store, reason));
  co_await base::asio::post(co_await base::this_loop(), base::use_task);
  scope.cancel();
  co_await scope.join();
  EXPECT_EQ(reason, Reason::Cancelled);
  co_await store.commit(put("a", "x"));
}

TEST_P(StoreWatches, AWatchMayEndWhileItWaits) {
  const auto store = open();
  base::run(cancel_a_watch(*store));
}

// Large versions of one key, one of them larger than what a call may bring.
Task<void> read_large(Store& store) {
  constexpr std::size_t kMostBytes = 1 << 20;
  constexpr std::size_t kSizes[] = {400 << 10, 400 << 10, 100, 100, 1200 << 10, 400 << 10, 100, 100};
  Revision written = 0;
  for (const std::size_t size : kSizes) {
    const Entry entry = co_await store.commit(put("p/a", std::string(size, 'x'), written));
    written = entry.revision;
  }
  auto watch = store.watch("p/", 0, co_await base::this_loop());
  Revision seen = 0;
  std::size_t calls = 0;
  while (seen < written) {
    const auto events = co_await watch->next(512);
    std::size_t bytes = 0;
    for (const Event& event : events) {
      EXPECT_EQ(event.entry.revision, ++seen);
      bytes += event.entry.value->size() + (event.before ? event.before->value->size() : 0);
    }
    EXPECT_TRUE(events.size() == 1 || bytes <= kMostBytes) << events.size() << " events of " << bytes << " bytes";
    ++calls;
  }
  EXPECT_GE(calls, 4u);
  EXPECT_LT(calls, 8u) << "what is small comes together";
}

TEST_P(StoreWatches, WhatIsHandedOverAtOnceIsBoundedInBytes) {
  const auto in_ring = open();
  base::run(read_large(*in_ring));
  const auto behind_ring = open({.events = 1, .bytes = 1 << 20});
  base::run(read_large(*behind_ring));
}

}  // namespace
}  // namespace berth::store
