// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/audit_records.hpp"

#include "resources/audit/audit.hpp"
#include "resources/audit/audit_filter.hpp"
#include "resources/audit/audit_record_text.hpp"
#include "resources/audit/denial_journal.hpp"
#include "resources/request/list_position.hpp"

namespace berth::resources {
namespace {

using namespace std::chrono_literals;

constexpr auto kFutureRecordWait = 3s;
constexpr std::size_t kChunk = 500;
constexpr std::size_t kMostItems = 10'000;
constexpr std::size_t kMostLooked = 50'000;

const Kind& record_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("AuditRecord");
  return kind;
}

// One page, read chunk by chunk up to (and with) a record, in either direction.
class PageReader {
 public:
  PageReader(const store::Store& store, const AuditFilter& filter, std::size_t limit)
      : store_(store), filter_(filter), limit_(limit == 0 ? kMostItems : std::min(limit, kMostItems)) {}

  // `after` is the last sequence that was looked at; 0: none yet.
  void read_up(std::uint64_t after, std::uint64_t upto) {
    last_ = after;
    while (last_ < upto && !is_full()) {
      const auto records = store_.read_journal(kAuditJournal, last_ + 1, kChunk);
      for (const store::JournalRecord& record : records) {
        if (record.sequence > upto) return;
        if (!look(record)) return;
      }
      if (records.empty()) return;
    }
    more_ = last_ < upto;
  }

  void read_down(std::uint64_t after, std::uint64_t upto) {
    last_ = after == 0 ? upto + 1 : after;
    while (last_ > 1 && !is_full()) {
      const std::uint64_t from = last_ > kChunk ? last_ - kChunk : 1;
      auto records = store_.read_journal(kAuditJournal, from, last_ - from);
      std::erase_if(records, [this](const store::JournalRecord& record) { return record.sequence >= last_; });
      for (auto record = records.rbegin(); record != records.rend(); ++record) {
        if (!look(*record)) return;
      }
      // What is below was pruned, or is gone.
      if (records.empty()) return;
    }
    const auto first = store_.read_journal(kAuditJournal, 1, 1);
    more_ = !first.empty() && first.front().sequence < last_;
  }

  std::vector<Object> items;
  // Whether there is anything left behind `last`.
  bool more() const { return more_; }
  std::uint64_t last() const { return last_; }

 private:
  bool is_full() const { return items.size() >= limit_ || looked_ >= kMostLooked; }
  // False when the page is full before this one.
  bool look(const store::JournalRecord& record) {
    if (is_full()) {
      more_ = true;
      return false;
    }
    ++looked_;
    last_ = record.sequence;
    if (filter_.matches(record.sequence, record.bytes)) items.push_back(shown_record(record));
    return true;
  }

  const store::Store& store_;
  const AuditFilter& filter_;
  std::size_t limit_;
  std::size_t looked_ = 0;
  std::uint64_t last_ = 0;
  bool more_ = false;
};

class AuditWatch final : public ObjectWatch {
 public:
  AuditWatch(store::Store& store, AuditFilter filter, std::uint64_t after)
      : store_(store), filter_(std::move(filter)), after_(after), resumed_(after > 0) {}

  Task<std::vector<WatchEvent>> next_for(std::chrono::steady_clock::duration limit) override {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::vector<WatchEvent> events;
    for (;;) {
      const auto read = [this] { return store_.read_journal(kAuditJournal, after_ + 1, kChunk); };
      const std::vector<store::JournalRecord> records = co_await base::blocking(read);
      if (std::exchange(resumed_, false)) check_reachable(records);
      for (const store::JournalRecord& record : records) {
        after_ = record.sequence;
        if (!filter_.matches(record.sequence, record.bytes)) continue;
        events.push_back({WatchEventType::Added, shown_record(record)});
      }
      const auto left = end - std::chrono::steady_clock::now();
      if (!events.empty() || left <= left.zero()) co_return events;
      if (records.empty()) co_await store_.wait_journal(std::string(kAuditJournal), after_, left);
    }
  }
  Revision progress() const override { return after_; }

 private:
  void check_reachable(const std::vector<store::JournalRecord>& records) const {
    if (records.empty() || records.front().sequence == after_ + 1) return;
    throw base::Status(base::Reason::Expired, "too old resource version: " + std::to_string(after_) + " (" +
                                                  std::to_string(records.front().sequence - 1) + ")");
  }

  store::Store& store_;
  const AuditFilter filter_;
  std::uint64_t after_;
  bool resumed_;
};

}  // namespace

Object AuditRecords::get(std::string_view name) const {
  if (const std::uint64_t sequence = parse_sequence(name); sequence > 0) {
    const auto records = store_.read_journal(kAuditJournal, sequence, 1);
    if (!records.empty() && records.front().sequence == sequence) return shown_record(records.front());
  }
  throw base::not_found(record_kind().resource(), name);
}

std::uint64_t AuditRecords::newest() const { return store_.journal_end(kAuditJournal); }

Task<ListPage> AuditRecords::list(ListOptions options) const {
  const AuditFilter filter = AuditFilter::parse(options.label_selector, options.field_selector);
  const ListPosition position = read_list_position(options);
  if (position.not_before > newest()) {
    co_await store_.wait_journal(std::string(kAuditJournal), position.not_before - 1, kFutureRecordWait);
    if (position.not_before > newest()) throw too_large_revision(position.not_before, newest());
  }
  ListPage page;
  page.revision = position.at.value_or(newest());
  const std::uint64_t after = position.from ? parse_sequence(position.from->last) : 0;
  if (position.from && after == 0) throw base::bad_request("invalid continue token: it names no record");
  PageReader reader(store_, filter, position.limit);
  const auto read = [&reader, &filter, after, &page] {
    filter.newest_first() ? reader.read_down(after, page.revision) : reader.read_up(after, page.revision);
  };
  co_await base::blocking(read);
  page.items = std::move(reader.items);
  if (!reader.more()) co_return page;
  page.continue_token = ContinueToken{page.revision, std::to_string(reader.last())}.encode();
  if (filter.takes_all() && !filter.newest_first()) page.remaining = page.revision - reader.last();
  co_return page;
}

std::unique_ptr<ObjectWatch> AuditRecords::watch(const WatchOptions& options) const {
  AuditFilter filter = AuditFilter::parse(options.label_selector, options.field_selector);
  if (filter.newest_first()) throw base::bad_request("field selector: a watch has no order");
  const Revision after = options.resource_version.empty() ? 0 : read_revision(options.resource_version);
  return std::make_unique<AuditWatch>(store_, std::move(filter), after);
}

Task<AuditReport> AuditRecords::verify() const {
  if (verifying_.exchange(true)) {
    throw base::Status(base::Reason::TooManyRequests, "the audit journal is being verified already")
        .with_retry_after(1s);
  }
  const std::shared_ptr<void> done(nullptr, [this](void*) { verifying_ = false; });
  const auto walk = [this] { return AuditReport{store_.verify_journal(kAuditJournal)}; };
  co_return co_await base::blocking(walk);
}

Task<AuditReport> AuditRecords::verify_export(std::vector<std::string> texts) const {
  const auto check = [this, &texts] { return check_export(texts); };
  co_return co_await base::blocking(check);
}

AuditReport AuditRecords::check_export(const std::vector<std::string>& texts) const {
  AuditReport report;
  store::JournalRecord before;
  const auto fail = [&report](const store::JournalRecord& record, std::string_view what) {
    report.journal.first_bad = record.sequence;
    report.journal.problem = "record " + std::to_string(record.sequence) + std::string(what);
    return report;
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    store::JournalRecord record;
    try {
      record = parse_shown_record(texts[i]);
    } catch (const base::Status& status) {
      throw base::bad_request("spec.records[" + std::to_string(i) + "]: " + status.message());
    }
    if (!store_.verifies(kAuditJournal, record)) return fail(record, " was changed, or was not written here");
    if (i == 0) report.journal.first = record.sequence;
    if (i > 0 && record.sequence <= before.sequence) return fail(record, " is not in its place");
    if (i > 0) report.missing += record.sequence - before.sequence - 1;
    if (record.sequence == before.sequence + 1 && i > 0 && record.previous != before.mac) {
      return fail(record, " does not follow the one before it");
    }
    ++report.journal.records;
    before = std::move(record);
  }
  return report;
}

Task<void> AuditRecords::keep_denials() const { return denials_.keep(); }
Task<void> AuditRecords::flush_denials() const { return denials_.flush(); }

}  // namespace berth::resources
