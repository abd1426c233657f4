// SPDX-License-Identifier: Apache-2.0
#include "store/write_group.hpp"

#include "store/rocks_layout.hpp"
#include "store/write_rules.hpp"

namespace berth::store {
namespace {

constexpr std::size_t kMac = 32;
constexpr std::uint64_t kCheckpointEvery = 1000;  // records

std::string end_mac(const base::Key32& key, std::string_view journal, std::string_view head) {
  return base::hmac_sha256(key, {"end of journal ", journal, std::string_view("\0", 1), head});
}

}  // namespace

WriteGroup::WriteGroup(const PublishedState& state, const base::Key32& journal_key, Revision next,
                       rocksdb::WriteBatch& batch)
    : state_(state), journal_key_(journal_key), next_(next), batch_(batch) {}

const Entry* WriteGroup::live(const std::string& key) const {
  const auto staged = staged_.find(key);
  if (staged != staged_.end()) return staged->second ? &*staged->second : nullptr;
  return state_.live.find(key);
}

void WriteGroup::stage(Pending& pending) {
  try {
    if (auto* write = std::get_if<Write>(&pending.request)) {
      stage_write(pending, *write);
    } else if (auto* append = std::get_if<JournalAppend>(&pending.request)) {
      pending.sequence = add_record(append->journal, next_ - 1, std::move(append->bytes));
    } else if (std::holds_alternative<JournalSeal>(pending.request)) {
      seals_all_ = true;
    } else {
      const auto& meta = std::get<MetaPut>(pending.request);
      batch_.Put(layout::table_key(layout::kMeta, meta.name), meta.bytes);
    }
    accepted_.push_back(&pending);
  } catch (...) {
    pending.error = std::current_exception();
  }
}

void WriteGroup::stage_write(Pending& pending, Write& write) {
  const Entry* before = live(write.key);
  const Revision previous = before == nullptr ? 0 : before->revision;
  if (write.guard) check_guard(*write.guard, live(write.guard->key));
  check_expected(write, previous);

  const Revision revision = next_++;
  // Copies: a version stays for long, and the memory of a writer's loop lies between that of its watchers, who go.
  const Entry entry = make_entry(std::string(write.key), revision, fill(write.value, revision),
                                 std::vector<std::string>(write.terms), write.schema);
  Event event{write.op, entry, std::nullopt};
  if (before != nullptr) event.before = *before;

  const std::string row = layout::object_key(entry.key, revision);
  const std::string head = layout::object_head(write.op, write.schema);
  const rocksdb::Slice row_parts[] = {row};
  const rocksdb::Slice value_parts[] = {head, *entry.value};
  batch_.Put(rocksdb::SliceParts(row_parts, 1), rocksdb::SliceParts(value_parts, 2));
  batch_.Put(layout::log_key(revision), layout::log_row(write.op, previous, entry.terms, entry.key));
  for (const JournalDraft& draft : write.journal) add_record(draft.journal, revision, fill(draft.record, revision));

  events_.push_back(std::move(event));
  staged_[entry.key] = write.op == Op::Put ? std::optional(entry) : std::nullopt;
  pending.entry = entry;
}

std::uint64_t WriteGroup::add_record(const std::string& journal, Revision revision, std::string bytes) {
  auto head = heads_.find(journal);
  if (head == heads_.end()) {
    const auto known = state_.heads.find(journal);
    head = heads_.emplace(journal, known == state_.heads.end() ? journal_start(journal) : known->second).first;
  }
  const JournalRecord record = seal_record(journal_key_, head->second, revision, std::move(bytes));
  const std::string row = layout::journal_key(journal, record.sequence);
  const std::string head_bytes = layout::journal_head(revision, record.mac);
  const rocksdb::Slice row_parts[] = {row};
  const rocksdb::Slice value_parts[] = {head_bytes, record.bytes};
  batch_.Put(rocksdb::SliceParts(row_parts, 1), rocksdb::SliceParts(value_parts, 2));
  return record.sequence;
}

void WriteGroup::finish(base::WallTime now) {
  const auto behind = [this](const std::string& journal, const JournalHead& head) {
    const auto last = state_.checkpoints.find(journal);
    return head.sequence - (last == state_.checkpoints.end() ? 0 : last->second.head.sequence);
  };
  for (const auto& [journal, head] : heads_) {
    batch_.Put(end_row_key(journal), sealed_end(journal_key_, journal, head));
    if (seals_all_ || behind(journal, head) >= kCheckpointEvery) make_checkpoint(journal, head, now);
  }
  if (!seals_all_) return;
  for (const auto& [journal, head] : state_.heads) {
    if (!heads_.contains(journal) && behind(journal, head) > 0) make_checkpoint(journal, head, now);
  }
}

void WriteGroup::make_checkpoint(const std::string& journal, const JournalHead& head, base::WallTime now) {
  const JournalMark mark{head, now};
  batch_.Put(checkpoint_row_key(journal, head.sequence), seal_mark(journal_key_, MarkKind::Checkpoint, journal, mark));
  checkpoints_[journal] = mark;
}

void WriteGroup::fail(std::exception_ptr error) {
  for (Pending* pending : accepted_) pending->error = error;
}

std::vector<Event> WriteGroup::publish(PublishedState& state) {
  for (const Event& event : events_) {
    if (event.op == Op::Put) {
      state.live.put(event.entry);
    } else {
      state.live.erase(event.entry.key);
    }
    state.revision = event.entry.revision;
  }
  for (auto& [journal, head] : heads_) state.heads[journal] = std::move(head);
  for (auto& [journal, mark] : checkpoints_) state.checkpoints[journal] = std::move(mark);
  return std::move(events_);
}

std::string end_row_key(std::string_view journal) {
  return layout::table_key(layout::kState, "end/" + std::string(journal));
}

std::string start_row_key(std::string_view journal) {
  return layout::table_key(layout::kState, "start/" + std::string(journal));
}

std::string checkpoint_row_key(std::string_view journal, std::uint64_t sequence) {
  return layout::table_key(layout::kState, "checkpoint/" + std::string(journal)) + '\0' + layout::number(sequence);
}

std::string sealed_end(const base::Key32& key, std::string_view journal, const JournalHead& head) {
  const std::string plain = layout::number(head.sequence) + head.mac;
  return plain + end_mac(key, journal, plain);
}

std::optional<JournalHead> parse_sealed_end(const base::Key32& key, std::string_view journal, std::string_view row) {
  if (row.size() != 8 + kMac + kMac) return std::nullopt;
  const std::string_view plain = row.substr(0, 8 + kMac);
  if (!base::equal_constant_time(end_mac(key, journal, plain), row.substr(8 + kMac))) return std::nullopt;
  return JournalHead{layout::parse_number(plain.substr(0, 8)), std::string(plain.substr(8))};
}

}  // namespace berth::store
