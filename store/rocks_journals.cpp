// SPDX-License-Identifier: Apache-2.0
#include "store/rocks_journals.hpp"

#include <rocksdb/write_batch.h>

#include "base/log.hpp"
#include "store/rocks_layout.hpp"
#include "store/write_group.hpp"

namespace berth::store {
namespace {

// In one batch: the committer's writes pass between.
constexpr std::uint32_t kMostDeletes = 1000;
constexpr std::chrono::seconds kFilePeriod{1};

std::string rows_of(std::string_view journal) { return layout::table_key(layout::kJournals, journal) + '\0'; }

std::string checkpoint_rows(std::string_view journal) {
  std::string row = checkpoint_row_key(journal, 0);
  row.resize(row.size() - layout::number(0).size());
  return row;
}

std::uint64_t checkpoint_sequence(std::string_view row) {
  return layout::parse_number(row.substr(row.size() - layout::number(0).size()));
}

// Of the checkpoints in the database those whose seals hold, in order.
std::vector<JournalMark> checkpoints_in(const Snapshot& snapshot, const base::Key32& key, std::string_view journal) {
  std::vector<JournalMark> marks;
  const std::string rows = checkpoint_rows(journal);
  for (Scan scan(snapshot, rows, rows); scan.valid(); scan.next()) {
    auto mark = open_mark(key, MarkKind::Checkpoint, journal, scan.value());
    if (mark && mark->head.sequence == checkpoint_sequence(scan.key())) marks.push_back(std::move(*mark));
  }
  return marks;
}

// What the checkpoints say of the record that the walk has reached; false ends it.
bool agrees(ChainVerifier& chain, const base::Key32& key, std::string_view journal, std::string_view sealed) {
  const std::uint64_t sequence = chain.at().sequence;
  const auto mark = open_mark(key, MarkKind::Checkpoint, journal, sealed);
  if (mark && mark->head.sequence == sequence && mark->head.mac == chain.at().mac) return true;
  chain.fail(sequence, "the checkpoint at record " + std::to_string(sequence) + " was changed");
  return false;
}

}  // namespace

RocksJournals::RocksJournals(RocksDatabase& database, PublishedState& state, base::Key32 key,
                             const std::filesystem::path& file, base::Clock& clock)
    : database_(database), state_(state), key_(key), clock_(clock), file_(file, key_) {
  const Snapshot snapshot(database_);
  for (const auto& [journal, head] : state_.heads) {
    const auto marks = checkpoints_in(snapshot, key_, journal);
    if (!marks.empty()) state_.checkpoints[journal] = marks.back();
  }
  if (!state_.checkpoints.empty() && !std::filesystem::exists(file)) {
    base::log_warning("the checkpoints outside the database are missing", {{"file", file.string()}});
  }
  for (const auto& [journal, mark] : file_.marks()) {
    JournalMark& newest = state_.checkpoints[journal];
    if (mark.head.sequence > newest.head.sequence) newest = mark;
    JournalHead& head = state_.heads[journal];
    if (newest.head.sequence <= head.sequence) continue;
    base::log_error("a journal was cut off at its end", {{"journal", journal},
                                                         {"checkpoint", std::to_string(newest.head.sequence)},
                                                         {"found", std::to_string(head.sequence)}});
    head = newest.head;
  }
}

void RocksJournals::note(const WriteGroup& group, LoopPosts& posts) {
  for (const auto& [journal, head] : group.heads()) waits_.notify(journal, posts);
  for (const auto& [journal, mark] : group.checkpoints()) {
    base::log_info(
        "checkpoint",
        {{"journal", journal}, {"sequence", std::to_string(mark.head.sequence)}, {"mac", base::to_hex(mark.head.mac)}});
    unwritten_[journal] = mark;
    file_is_behind_ = true;
  }
  if (!file_is_behind_) return;
  const base::SteadyTime now = clock_.steady_now();
  if (!group.seals_all() && written_ && now - *written_ < kFilePeriod) return;
  try {
    written_ = now;
    file_.advance(unwritten_);
    unwritten_.clear();
    file_is_behind_ = false;
  } catch (const base::Status& status) {
    base::log_warning("the checkpoints outside the database", {{"error", status.what()}});
  }
}

RocksJournals::Known RocksJournals::known(std::string_view journal) const {
  const std::shared_lock lock(state_.mutex);
  Known known{journal_start(journal), std::nullopt};
  const auto head = state_.heads.find(journal);
  if (head != state_.heads.end()) known.head = head->second;
  const auto mark = state_.checkpoints.find(journal);
  if (mark != state_.checkpoints.end()) known.checkpoint = mark->second;
  return known;
}

bool RocksJournals::any_unsealed() const {
  if (file_is_behind_) return true;
  const std::shared_lock lock(state_.mutex);
  for (const auto& [journal, head] : state_.heads) {
    const auto mark = state_.checkpoints.find(journal);
    if (mark == state_.checkpoints.end() || mark->second.head.sequence < head.sequence) return true;
  }
  return false;
}

std::vector<std::string> RocksJournals::names() const {
  const std::shared_lock lock(state_.mutex);
  std::vector<std::string> names;
  for (const auto& [journal, head] : state_.heads) names.push_back(journal);
  return names;
}

JournalHead RocksJournals::start(const Snapshot& snapshot, std::string_view journal) const {
  const auto row = snapshot.read(start_row_key(journal));
  const auto mark = row ? open_mark(key_, MarkKind::Start, journal, *row) : std::nullopt;
  return mark ? mark->head : journal_start(journal);
}

std::vector<JournalRecord> RocksJournals::read(std::string_view journal, std::uint64_t from, std::size_t limit) const {
  const Snapshot snapshot(database_);
  JournalHead before = start(snapshot, journal);
  from = std::max(from, before.sequence + 1);
  std::vector<JournalRecord> records;
  const std::string prefix = rows_of(journal);
  // From one earlier, for the mac that the first one is chained to.
  Scan scan(snapshot, prefix, layout::journal_key(journal, std::max(from - 1, before.sequence + 1)));
  for (; scan.valid() && records.size() < limit; scan.next()) {
    const std::uint64_t sequence = layout::parse_journal_key(scan.key()).sequence;
    JournalRecord record = layout::parse_journal_row(sequence, scan.value());
    if (before.sequence + 1 == sequence) record.previous = std::move(before.mac);
    before = {sequence, record.mac};
    if (sequence >= from) records.push_back(std::move(record));
  }
  return records;
}

JournalReport RocksJournals::verify(std::string_view journal) const {
  const Known expected = known(journal);  // before the snapshot, which may hold more
  const Snapshot snapshot(database_);
  ChainVerifier chain(key_, start(snapshot, journal));
  const std::string prefix = rows_of(journal);
  const std::string marks_prefix = checkpoint_rows(journal);
  Scan marks(snapshot, marks_prefix, checkpoint_row_key(journal, chain.at().sequence + 1));
  Scan scan(snapshot, prefix, layout::journal_key(journal, chain.at().sequence + 1));
  for (; scan.valid(); scan.next()) {
    const std::uint64_t sequence = layout::parse_journal_key(scan.key()).sequence;
    try {
      if (!chain.feed(layout::parse_journal_row(sequence, scan.value()))) break;
    } catch (const base::Status& status) {
      chain.fail(sequence, "record " + std::to_string(sequence) + " does not decode: " + status.message());
      break;
    }
    while (marks.valid() && checkpoint_sequence(marks.key()) < sequence) marks.next();
    if (!marks.valid() || checkpoint_sequence(marks.key()) != sequence) continue;
    if (!agrees(chain, key_, journal, marks.value())) break;
  }
  JournalReport report = chain.finish(expected.head.sequence);
  if (expected.checkpoint) report.checkpoint = expected.checkpoint->head.sequence;
  return report;
}

std::uint64_t RocksJournals::prune(std::string_view journal, JournalKeep keep) {
  const Known end = known(journal);
  const Snapshot snapshot(database_);
  const std::uint64_t first = start(snapshot, journal).sequence + 1;
  const std::vector<JournalMark> marks = checkpoints_in(snapshot, key_, journal);
  const JournalMark* last = last_to_go(marks, keep, end.head.sequence, clock_.now());
  const bool cuts = last != nullptr && last->head.sequence >= first;
  const std::uint64_t kept = cuts ? last->head.sequence + 1 : first;
  if (cuts) {
    rocksdb::WriteBatch batch;
    batch.Put(start_row_key(journal), seal_mark(key_, MarkKind::Start, journal, *last));
    database_.write_lazily(batch);
    base::log_info("journal pruned", {{"journal", journal}, {"first_kept", std::to_string(kept)}});
  }
  // What a crash has left of the time before goes now. The checkpoint before the cut stays.
  erase_below(rows_of(journal), layout::journal_key(journal, kept));
  erase_below(checkpoint_rows(journal), checkpoint_row_key(journal, kept - 1));
  return kept;
}

void RocksJournals::erase_below(const std::string& prefix, const std::string& end) {
  const Snapshot snapshot(database_);
  rocksdb::WriteBatch batch;
  for (Scan scan(snapshot, prefix, prefix); scan.valid() && scan.key() < end; scan.next()) {
    batch.Delete(rocksdb::Slice(scan.key().data(), scan.key().size()));
    if (batch.Count() < kMostDeletes) continue;
    database_.write_lazily(batch);
    batch.Clear();
  }
  if (batch.Count() > 0) database_.write_lazily(batch);
}

}  // namespace berth::store
