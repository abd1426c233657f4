// SPDX-License-Identifier: Apache-2.0
#include "store/memory_store.hpp"

#include <map>

#include "store/journal_mark.hpp"
#include "store/journal_waits.hpp"
#include "store/ring_watch.hpp"
#include "store/write_rules.hpp"

namespace berth::store {
namespace {

struct Kept {
  Op op = Op::Put;
  Entry entry;
};

struct Journal {
  JournalHead start;
  JournalHead head = start;
  std::vector<JournalMark> checkpoints;
  std::vector<JournalRecord> records;
};

class MemoryStore final : public Store, private EventLog {
 public:
  explicit MemoryStore(MemoryStoreOptions options);
  ~MemoryStore() override { close(); }

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
    return is_sealed(journal_key_, record);
  }
  Task<void> seal_journals() override;
  Task<std::uint64_t> prune_journal(std::string journal, JournalKeep keep) override;
  Task<void> put_meta(std::string name, std::string bytes) override;
  std::optional<std::string> get_meta(std::string_view name) const override;
  void close() override;

 private:
  Chunk read_events(const std::string& prefix, Revision after, Revision upto, std::size_t most) const override;
  const Kept* version_at(std::string_view key, Revision at) const;
  const Kept* live(std::string_view key) const { return version_at(key, revision_); }
  Journal& journal_named(std::string_view name);

  mutable std::mutex mutex_;
  std::unique_ptr<base::Metrics> own_metrics_;
  base::Key32 journal_key_;
  base::Clock& clock_;
  JournalWaits waits_;
  std::shared_ptr<WatchHub> hub_;
  std::map<std::string, std::vector<Kept>, std::less<>> versions_;  // of each key, oldest first; tombstones too
  std::map<Revision, std::string> log_;                             // the key that each revision wrote
  std::map<std::string, Journal, std::less<>> journals_;
  std::map<std::string, std::string, std::less<>> meta_;
  Revision revision_ = 0;
  Revision compacted_ = 0;
  bool closed_ = false;
};

MemoryStore::MemoryStore(MemoryStoreOptions options)
    : own_metrics_(options.metrics ? nullptr : std::make_unique<base::Metrics>()),
      journal_key_(options.journal_key),
      clock_(options.clock ? *options.clock : base::real_clock()),
      hub_(std::make_shared<WatchHub>(options.ring, 0, options.metrics ? *options.metrics : *own_metrics_)) {}

// The newest version at or before `at`; nullptr when the key did not exist then.
const Kept* MemoryStore::version_at(std::string_view key, Revision at) const {
  const auto found = versions_.find(key);
  if (found == versions_.end()) return nullptr;
  const Kept* newest = nullptr;
  for (const Kept& kept : found->second) {
    if (kept.entry.revision <= at) newest = &kept;
  }
  return newest != nullptr && newest->op == Op::Put ? newest : nullptr;
}

Journal& MemoryStore::journal_named(std::string_view name) {
  const auto found = journals_.find(name);
  if (found != journals_.end()) return found->second;
  return journals_.emplace(name, Journal{journal_start(name)}).first->second;
}

Task<Entry> MemoryStore::commit(Write write) {
  check_shape(write);
  LoopPosts posts;
  Entry entry;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) throw closing();
    if (write.guard) {
      const Kept* guarding = live(write.guard->key);
      check_guard(*write.guard, guarding == nullptr ? nullptr : &guarding->entry);
    }
    const Kept* before = live(write.key);
    check_expected(write, before == nullptr ? 0 : before->entry.revision);

    const Revision revision = revision_ + 1;
    entry = make_entry(write.key, revision, fill(write.value, revision), std::vector<std::string>(write.terms),
                       write.schema);
    Event event{write.op, entry, std::nullopt};
    if (before != nullptr) event.before = before->entry;
    for (const JournalDraft& draft : write.journal) {
      Journal& journal = journal_named(draft.journal);
      journal.records.push_back(seal_record(journal_key_, journal.head, revision, fill(draft.record, revision)));
      waits_.notify(draft.journal, posts);
    }
    versions_[write.key].push_back({write.op, entry});
    log_.emplace(revision, write.key);
    revision_ = revision;
    std::vector<Event> events;
    events.push_back(std::move(event));
    hub_->publish(std::move(events), posts);
  }
  posts.send();
  co_return entry;
}

std::optional<Entry> MemoryStore::get(std::string_view key) const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  const Kept* kept = live(key);
  if (kept == nullptr) return std::nullopt;
  return kept->entry;
}

ListResult MemoryStore::list(const ListQuery& query) const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  if (query.at) check_readable(*query.at, compacted_, revision_);
  ListResult result;
  result.revision = query.at.value_or(revision_);
  for (const auto& [key, versions] : versions_) {
    if (!key.starts_with(query.prefix) || key <= query.after) continue;
    const Kept* kept = version_at(key, result.revision);
    if (kept == nullptr || !has_all_terms(kept->entry.terms, query.terms)) continue;
    if (query.limit != 0 && result.entries.size() == query.limit) {
      result.more = true;
      if (!query.counts_rest) break;
      ++result.rest;
      continue;
    }
    result.entries.push_back(kept->entry);
  }
  return result;
}

std::unique_ptr<Watch> MemoryStore::watch(std::string prefix, Revision after, base::Executor loop) {
  const EventLog& log = *this;
  return std::make_unique<RingWatch>(hub_, log, std::move(prefix), after, compacted(), loop);
}

EventLog::Chunk MemoryStore::read_events(const std::string& prefix, Revision after, Revision upto,
                                         std::size_t most) const {
  const std::scoped_lock lock(mutex_);
  if (compacted_ > 0 && after <= compacted_) throw too_old(after, compacted_);
  Chunk chunk;
  chunk.scanned = after;
  std::size_t bytes = 0;
  for (auto at = log_.upper_bound(after); at != log_.end() && at->first <= upto; ++at) {
    if (chunk.events.size() == most) return chunk;
    if (!at->second.starts_with(prefix)) continue;
    Event event;
    for (const Kept& kept : versions_.at(at->second)) {
      if (kept.entry.revision == at->first) event = {kept.op, kept.entry, std::nullopt};
    }
    if (const Kept* before = version_at(at->second, at->first - 1)) event.before = before->entry;
    if (!fits(event, bytes)) return chunk;
    chunk.scanned = at->first;
    chunk.events.push_back(std::move(event));
  }
  chunk.scanned = upto;
  return chunk;
}

Revision MemoryStore::revision() const {
  const std::scoped_lock lock(mutex_);
  return revision_;
}

Revision MemoryStore::compacted() const {
  const std::scoped_lock lock(mutex_);
  return compacted_;
}

Task<void> MemoryStore::compact(Revision revision) {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  // Never the newest: who has just listed must be able to watch from there.
  const Revision target = std::min(revision, revision_ == 0 ? 0 : revision_ - 1);
  if (target <= compacted_) co_return;
  compacted_ = target;
  for (auto at = versions_.begin(); at != versions_.end();) {
    auto& versions = at->second;
    // What a key was at the compacted revision stays, unless that was nothing.
    while (versions.size() > 1 && versions[1].entry.revision <= target) {
      log_.erase(versions.front().entry.revision);
      versions.erase(versions.begin());
    }
    if (versions.front().op == Op::Delete && versions.front().entry.revision <= target) {
      log_.erase(versions.front().entry.revision);
      versions.erase(versions.begin());
    }
    at = versions.empty() ? versions_.erase(at) : std::next(at);
  }
}

Task<std::uint64_t> MemoryStore::append(std::string name, std::string bytes) {
  check_journal_name(name);
  LoopPosts posts;
  std::uint64_t sequence = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) throw closing();
    Journal& journal = journal_named(name);
    journal.records.push_back(seal_record(journal_key_, journal.head, revision_, std::move(bytes)));
    sequence = journal.head.sequence;
    waits_.notify(name, posts);
  }
  posts.send();
  co_return sequence;
}

std::vector<JournalRecord> MemoryStore::read_journal(std::string_view name, std::uint64_t from_sequence,
                                                     std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  std::vector<JournalRecord> found;
  const auto journal = journals_.find(name);
  if (journal == journals_.end()) return found;
  for (const JournalRecord& record : journal->second.records) {
    if (record.sequence >= from_sequence && found.size() < limit) found.push_back(record);
  }
  return found;
}

std::uint64_t MemoryStore::journal_end(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  const auto journal = journals_.find(name);
  return journal == journals_.end() ? 0 : journal->second.head.sequence;
}

Task<void> MemoryStore::wait_journal(std::string name, std::uint64_t after, std::chrono::steady_clock::duration limit) {
  const auto signal = waits_.join(name, co_await base::this_loop());
  if (journal_end(name) > after) co_return;
  co_await signal->wait_for(limit);
}

Task<void> MemoryStore::seal_journals() {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  for (auto& [name, journal] : journals_) {
    auto& marks = journal.checkpoints;
    if (!marks.empty() && marks.back().head.sequence == journal.head.sequence) continue;
    marks.push_back({journal.head, clock_.now()});
  }
  co_return;
}

Task<std::uint64_t> MemoryStore::prune_journal(std::string name, JournalKeep keep) {
  check_journal_name(name);
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  Journal& journal = journal_named(name);
  const JournalMark* last = last_to_go(journal.checkpoints, keep, journal.head.sequence, clock_.now());
  if (last != nullptr) journal.start = last->head;
  std::erase_if(journal.records, [&](const auto& record) { return record.sequence <= journal.start.sequence; });
  co_return journal.start.sequence + 1;
}

JournalReport MemoryStore::verify_journal(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  const auto journal = journals_.find(name);
  if (journal == journals_.end()) return {};
  ChainVerifier chain(journal_key_, journal->second.start);
  for (const JournalRecord& record : journal->second.records) {
    if (!chain.feed(record)) break;
  }
  JournalReport report = chain.finish(journal->second.head.sequence);
  if (!journal->second.checkpoints.empty()) report.checkpoint = journal->second.checkpoints.back().head.sequence;
  return report;
}

Task<void> MemoryStore::put_meta(std::string name, std::string bytes) {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  meta_[name] = std::move(bytes);
  co_return;
}

std::optional<std::string> MemoryStore::get_meta(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw closing();
  const auto found = meta_.find(name);
  if (found == meta_.end()) return std::nullopt;
  return found->second;
}

void MemoryStore::close() {
  LoopPosts posts;
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(closed_, true)) return;
    hub_->close(posts);
    waits_.notify_all(posts);
  }
  posts.send();
}

}  // namespace

std::unique_ptr<Store> make_memory_store(MemoryStoreOptions options) {
  return std::make_unique<MemoryStore>(std::move(options));
}

}  // namespace berth::store
