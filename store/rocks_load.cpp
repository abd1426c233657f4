// SPDX-License-Identifier: Apache-2.0
#include <unordered_map>

#include "base/log.hpp"
#include "store/rocks_history.hpp"
#include "store/rocks_layout.hpp"
#include "store/write_group.hpp"

namespace berth::store {
namespace {

struct Live {
  Revision revision = 0;
  std::vector<std::string> terms;
};
using LiveKeys = std::unordered_map<std::string, Live>;

LiveKeys replay_log(const Snapshot& snapshot, Revision& newest) {
  LiveKeys live;
  const std::string table(1, layout::kLog);
  for (Scan scan(snapshot, table, table); scan.valid(); scan.next()) {
    newest = layout::parse_log_key(scan.key());
    layout::LogRow log = layout::parse_log_row(scan.value());
    if (log.op == Op::Delete) {
      live.erase(log.key);
    } else {
      live[log.key] = {newest, std::move(log.terms)};
    }
  }
  return live;
}

void load_objects(const Snapshot& snapshot, LiveKeys live, LiveIndex& index) {
  const std::string table(1, layout::kObjects);
  std::size_t loaded = 0;
  for (Scan scan(snapshot, table, table); scan.valid(); scan.next()) {
    const auto [key, revision] = layout::parse_object_key(scan.key());
    const auto found = live.find(std::string(key));
    if (found == live.end() || found->second.revision != revision) continue;
    const layout::ObjectRow object = layout::parse_object_row(scan.value());
    index.put(
        make_entry(found->first, revision, std::string(object.bytes), std::move(found->second.terms), object.schema));
    ++loaded;
  }
  if (loaded != live.size()) {
    throw base::internal_error("store: the log names " + std::to_string(live.size()) + " live objects, " +
                               std::to_string(loaded) + " were found");
  }
}

// The end of one journal. When its last row and its sealed end disagree the farther one stands: new records then
// leave the gap, or the forged record, where verify_journal finds it. Each batch seals the end that it makes, so one
// that nothing seals was taken away, and what it told of with it: a gap is left for that, too.
JournalHead end_of(const RocksDatabase& database, const base::Key32& key, const std::string& journal,
                   std::uint64_t last, std::string_view last_row) {
  const auto row = database.read(end_row_key(journal));
  const auto sealed = row ? parse_sealed_end(key, journal, *row) : std::nullopt;
  if (!sealed || sealed->sequence != last) {
    base::log_error("a journal does not end where it was sealed",
                    {{"journal", journal},
                     {"sealed", sealed ? std::to_string(sealed->sequence) : "nowhere"},
                     {"found", std::to_string(last)}});
  }
  if (!sealed) return {last + 1, journal_start(journal).mac};
  if (sealed->sequence >= last) return *sealed;
  return {last, layout::parse_journal_row(last, last_row).mac};
}

void load_journals(const RocksDatabase& database, const Snapshot& snapshot, const base::Key32& key,
                   JournalHeads& heads) {
  const std::string table(1, layout::kJournals);
  Scan scan(snapshot, table, table);
  while (scan.valid()) {
    const std::string journal(layout::parse_journal_key(scan.key()).journal);
    const std::string last_row = layout::journal_key(journal, ~std::uint64_t{0});
    scan.seek_back(last_row);
    const std::uint64_t sequence = layout::parse_journal_key(scan.key()).sequence;
    heads[journal] = end_of(database, key, journal, sequence, scan.value());
    scan.seek(last_row);
  }
  // A journal whose every record is gone still has its sealed end.
  const std::string ends = end_row_key("");
  for (Scan end(snapshot, ends, ends); end.valid(); end.next()) {
    const std::string journal(end.key().substr(ends.size()));
    if (heads.contains(journal)) continue;
    if (auto head = parse_sealed_end(key, journal, end.value())) heads.emplace(journal, std::move(*head));
  }
}

}  // namespace

void load_state(const RocksDatabase& database, const base::Key32& journal_key, PublishedState& state) {
  const Snapshot snapshot(database);
  load_objects(snapshot, replay_log(snapshot, state.revision), state.live);
  load_journals(database, snapshot, journal_key, state.heads);
  state.compacted = stored_compacted(database);
}

}  // namespace berth::store
