// SPDX-License-Identifier: Apache-2.0
#include "store/rocks_store.hpp"

#include <rocksdb/write_batch.h>

#include <deque>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "store/ring_watch.hpp"
#include "store/rocks_committer.hpp"
#include "store/rocks_history.hpp"
#include "store/rocks_journals.hpp"
#include "store/rocks_layout.hpp"
#include "store/write_rules.hpp"

namespace berth::store {
namespace {

constexpr std::chrono::minutes kUpkeepPeriod{1};

base::Key32 journal_key_in(RocksDatabase& database, const JournalKeySource& source) {
  const std::string row = layout::table_key(layout::kState, "journal-key");
  const auto stored = database.read(row);
  SealedKey key = source(stored);
  if (stored != key.sealed) {
    rocksdb::WriteBatch batch;
    batch.Put(row, key.sealed);
    database.write_synced(batch);
  }
  return key.key;
}

class RocksStore final : public Store, private EventLog {
 public:
  explicit RocksStore(const RocksStoreOptions& options);
  ~RocksStore() override { close(); }

  Task<Entry> commit(Write write) override;
  std::optional<Entry> get(std::string_view key) const override;
  ListResult list(const ListQuery& query) const override;
  std::unique_ptr<Watch> watch(std::string prefix, Revision after, base::Executor loop) override;
  Revision revision() const override;
  Revision compacted() const override;
  Task<void> compact(Revision revision) override;
  Task<std::uint64_t> append(std::string journal, std::string bytes) override;
  std::vector<JournalRecord> read_journal(std::string_view journal, std::uint64_t from_sequence,
                                          std::size_t limit) const override;
  std::uint64_t journal_end(std::string_view journal) const override;
  Task<void> wait_journal(std::string journal, std::uint64_t after, std::chrono::steady_clock::duration limit) override;
  JournalReport verify_journal(std::string_view journal) const override;
  bool verifies(std::string_view, const JournalRecord& record) const override {
    return is_sealed(journals_->key(), record);
  }
  Task<void> seal_journals() override;
  Task<std::uint64_t> prune_journal(std::string journal, JournalKeep keep) override;
  Task<void> put_meta(std::string name, std::string bytes) override;
  std::optional<std::string> get_meta(std::string_view name) const override;
  void close() override;

 private:
  Chunk read_events(const std::string& prefix, Revision after, Revision upto, std::size_t most) const override;
  ListResult list_live(const ListQuery& query) const;
  Task<void> upkeep();
  // Checkpoints, and what is pruned behind them.
  Task<void> keep_journals();
  Task<void> stop_upkeep();
  // Holds the database open while a reader uses it; throws when it is closed.
  std::shared_lock<std::shared_mutex> hold_open() const;

  std::unique_ptr<base::Metrics> own_metrics_;
  base::Clock& clock_;
  const std::chrono::minutes keep_;
  const JournalKeep journal_keep_;
  const JournalKeySource journal_key_;
  mutable std::shared_mutex open_;
  std::unique_ptr<RocksDatabase> database_;
  PublishedState state_;
  std::optional<RevisionFloor> floor_;
  std::optional<RocksJournals> journals_;
  std::shared_ptr<WatchHub> hub_;
  std::optional<RocksCommitter> committer_;
  base::Loop upkeep_loop_{"store-upkeep"};
  base::Scope upkeep_scope_{upkeep_loop_.executor(), "store upkeep"};
  bool closed_ = false;
};

RocksStore::RocksStore(const RocksStoreOptions& options)
    : own_metrics_(options.metrics ? nullptr : std::make_unique<base::Metrics>()),
      clock_(options.clock ? *options.clock : base::real_clock()),
      keep_(options.keep),
      journal_keep_(options.journal_keep),
      journal_key_(options.journal_key),
      database_(std::make_unique<RocksDatabase>(options)) {
  base::Metrics& metrics = options.metrics ? *options.metrics : *own_metrics_;
  const base::Key32 journal_key = journal_key_in(*database_, options.journal_key);
  load_state(*database_, journal_key, state_);
  const auto floor_file =
      options.floor_file.empty() ? std::filesystem::path(options.dir).concat(".floor") : options.floor_file;
  floor_.emplace(floor_file, state_.revision);
  const auto checkpoint_file = options.checkpoint_file.empty()
                                   ? std::filesystem::path(options.dir).concat(".checkpoints")
                                   : options.checkpoint_file;
  journals_.emplace(*database_, state_, journal_key, checkpoint_file, clock_);
  hub_ = std::make_shared<WatchHub>(options.ring, state_.revision, metrics);
  committer_.emplace(*database_, state_, *hub_, *floor_, *journals_, metrics);
  upkeep_scope_.spawn_from_anywhere([this] { return upkeep(); });
}

std::shared_lock<std::shared_mutex> RocksStore::hold_open() const {
  std::shared_lock lock(open_);
  if (!database_) throw closing();
  return lock;
}

Task<Entry> RocksStore::commit(Write write) {
  check_shape(write);
  Pending pending{std::move(write)};
  co_await committer_->submit(pending);
  co_return std::move(pending.entry);
}

std::optional<Entry> RocksStore::get(std::string_view key) const {
  const std::shared_lock lock(state_.mutex);
  state_.check_open();
  const Entry* entry = state_.live.find(key);
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

ListResult RocksStore::list(const ListQuery& query) const {
  if (!query.at) return list_live(query);
  const auto opened = hold_open();
  // Before the check: what is compacted after it is still in the snapshot.
  const Snapshot snapshot(*database_);
  {
    const std::shared_lock lock(state_.mutex);
    check_readable(*query.at, state_.compacted, state_.revision);
  }
  return list_at(snapshot, query, *query.at);
}

ListResult RocksStore::list_live(const ListQuery& query) const {
  const std::shared_lock lock(state_.mutex);
  state_.check_open();
  ListResult result = state_.live.list(query);
  result.revision = state_.revision;
  return result;
}

std::unique_ptr<Watch> RocksStore::watch(std::string prefix, Revision after, base::Executor loop) {
  const EventLog& log = *this;
  return std::make_unique<RingWatch>(hub_, log, std::move(prefix), after, compacted(), loop);
}

EventLog::Chunk RocksStore::read_events(const std::string& prefix, Revision after, Revision upto,
                                        std::size_t most) const {
  const auto opened = hold_open();
  const Snapshot snapshot(*database_);
  const Revision compacted_now = compacted();
  if (compacted_now > 0 && after <= compacted_now) throw too_old(after, compacted_now);
  return events_between(snapshot, prefix, after, upto, most);
}

Revision RocksStore::revision() const {
  const std::shared_lock lock(state_.mutex);
  return state_.revision;
}

Revision RocksStore::compacted() const {
  const std::shared_lock lock(state_.mutex);
  return state_.compacted;
}

Task<void> RocksStore::compact(Revision revision) {
  co_await base::blocking([this, revision] {
    const auto opened = hold_open();
    journal_key_in(*database_, journal_key_);
    committer_->compact(revision);
  });
}

Task<std::uint64_t> RocksStore::append(std::string journal, std::string bytes) {
  check_journal_name(journal);
  Pending pending{JournalAppend{std::move(journal), std::move(bytes)}};
  co_await committer_->submit(pending);
  co_return pending.sequence;
}

std::vector<JournalRecord> RocksStore::read_journal(std::string_view journal, std::uint64_t from_sequence,
                                                    std::size_t limit) const {
  const auto opened = hold_open();
  return journals_->read(journal, from_sequence, limit);
}

std::uint64_t RocksStore::journal_end(std::string_view journal) const {
  const std::shared_lock lock(state_.mutex);
  state_.check_open();
  const auto head = state_.heads.find(journal);
  return head == state_.heads.end() ? 0 : head->second.sequence;
}

Task<void> RocksStore::wait_journal(std::string journal, std::uint64_t after,
                                    std::chrono::steady_clock::duration limit) {
  const auto signal = journals_->waits().join(journal, co_await base::this_loop());
  if (journal_end(journal) > after) co_return;
  co_await signal->wait_for(limit);
}

JournalReport RocksStore::verify_journal(std::string_view journal) const {
  const auto opened = hold_open();
  return journals_->verify(journal);
}

Task<void> RocksStore::seal_journals() {
  if (!journals_->any_unsealed()) co_return;
  Pending pending{JournalSeal{}};
  co_await committer_->submit(pending);
}

Task<std::uint64_t> RocksStore::prune_journal(std::string journal, JournalKeep keep) {
  check_journal_name(journal);
  const auto prune = [this, &journal, keep] {
    const auto opened = hold_open();
    return journals_->prune(journal, keep);
  };
  co_return co_await base::blocking(prune);
}

Task<void> RocksStore::put_meta(std::string name, std::string bytes) {
  Pending pending{MetaPut{std::move(name), std::move(bytes)}};
  co_await committer_->submit(pending);
}

std::optional<std::string> RocksStore::get_meta(std::string_view name) const {
  const auto opened = hold_open();
  return database_->read(layout::table_key(layout::kMeta, name));
}

// Keeps superseded versions for `keep_`, by noting each minute where the store stood.
Task<void> RocksStore::upkeep() {
  struct Sample {
    base::SteadyTime time;
    Revision revision = 0;
  };
  std::deque<Sample> samples;
  for (;;) {
    co_await clock_.sleep_for(kUpkeepPeriod);
    const base::SteadyTime now = clock_.steady_now();
    samples.push_back({now, revision()});
    co_await keep_journals();
    Revision target = 0;
    for (; !samples.empty() && samples.front().time <= now - keep_; samples.pop_front()) {
      target = samples.front().revision;
    }
    if (target == 0) continue;
    try {
      journal_key_in(*database_, journal_key_);
      committer_->compact(target);
    } catch (const base::Status& status) {
      base::log_warning("compaction", {{"error", status.what()}});
    }
  }
}

Task<void> RocksStore::keep_journals() {
  try {
    co_await seal_journals();
    if (journal_keep_.records == 0 && journal_keep_.age.count() == 0) co_return;
    for (const std::string& journal : journals_->names()) co_await prune_journal(journal, journal_keep_);
  } catch (const base::Status& status) {
    if (status.reason() == base::Reason::Cancelled) throw;
    base::log_warning("checkpoints of the journals", {{"error", status.what()}});
  }
}

Task<void> RocksStore::stop_upkeep() {
  upkeep_scope_.cancel();
  co_await upkeep_scope_.join();
  try {
    co_await seal_journals();
  } catch (const base::Status& status) {
    base::log_warning("checkpoints of the journals", {{"error", status.what()}});
  }
}

void RocksStore::close() {
  if (std::exchange(closed_, true)) return;
  upkeep_loop_.run_and_wait([this] { return stop_upkeep(); });
  committer_->close();
  {
    const std::unique_lock lock(state_.mutex);
    state_.closed = true;
  }
  LoopPosts posts;
  hub_->close(posts);
  journals_->waits().notify_all(posts);
  posts.send();
  const std::unique_lock lock(open_);
  try {
    floor_->close_clean(revision());
  } catch (const base::Status& status) {
    base::log_warning("revision floor", {{"error", status.what()}});
  }
  database_.reset();
}

}  // namespace

std::unique_ptr<Store> open_rocks_store(RocksStoreOptions options) { return std::make_unique<RocksStore>(options); }

bool holds_database(const std::filesystem::path& dir) { return std::filesystem::exists(dir / "CURRENT"); }

}  // namespace berth::store
