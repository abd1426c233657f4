// SPDX-License-Identifier: Apache-2.0
#include "store/rocks_history.hpp"

#include <rocksdb/write_batch.h>

#include "store/rocks_layout.hpp"
#include "store/write_rules.hpp"

namespace berth::store {
namespace {

// Looked at in one go: a prefix that matches little must not hold a thread, nor outlive its watch, for long.
constexpr std::size_t kMostRowsAtOnce = 16384;

const std::string kCompactedRow = layout::table_key(layout::kState, "compacted");

std::string must_read(const Snapshot& snapshot, const std::string& row, std::string_view what) {
  auto value = snapshot.read(row);
  if (!value) throw base::internal_error("store: " + std::string(what) + " is missing");
  return std::move(*value);
}

// The terms of a version lie in the log, beside the change that made it.
std::vector<std::string> terms_of(const Snapshot& snapshot, Revision revision) {
  return layout::parse_log_row(must_read(snapshot, layout::log_key(revision), "log record " + std::to_string(revision)))
      .terms;
}

Entry read_version(const Snapshot& snapshot, const std::string& key, Revision revision,
                   std::vector<std::string> terms) {
  const std::string row =
      must_read(snapshot, layout::object_key(key, revision), key + " at revision " + std::to_string(revision));
  const layout::ObjectRow object = layout::parse_object_row(row);
  return make_entry(key, revision, std::string(object.bytes), std::move(terms), object.schema);
}

// One version of a key, while a list walks over all of them.
struct Candidate {
  std::string key;
  Revision revision = 0;  // 0: it had none yet
  Op op = Op::Put;
  std::uint32_t schema = 1;
  std::string bytes;
};

class PageBuilder {
 public:
  PageBuilder(const Snapshot& snapshot, const ListQuery& query) : snapshot_(snapshot), query_(query) {}

  // False when the page is full.
  bool add(const Candidate& found) {
    if (found.revision == 0 || found.op == Op::Delete) return true;
    auto terms = terms_of(snapshot_, found.revision);
    if (!has_all_terms(terms, query_.terms)) return true;
    if (query_.limit != 0 && result_.entries.size() == query_.limit) {
      result_.more = true;
      if (query_.counts_rest) ++result_.rest;
      return query_.counts_rest;
    }
    result_.entries.push_back(make_entry(found.key, found.revision, found.bytes, std::move(terms), found.schema));
    return true;
  }
  ListResult take() { return std::move(result_); }

 private:
  const Snapshot& snapshot_;
  const ListQuery& query_;
  ListResult result_;
};

}  // namespace

ListResult list_at(const Snapshot& snapshot, const ListQuery& query, Revision at) {
  const std::string prefix = layout::table_key(layout::kObjects, query.prefix);
  const bool later_page = query.after >= query.prefix && !query.after.empty();
  // Past every version of the last key: no revision is all ones.
  Scan scan(snapshot, prefix, later_page ? layout::object_key(query.after, ~Revision{0}) : prefix);

  PageBuilder page(snapshot, query);
  Candidate candidate;
  for (; scan.valid(); scan.next()) {
    const auto [key, revision] = layout::parse_object_key(scan.key());
    if (key != candidate.key) {
      if (!page.add(candidate)) break;
      candidate = {std::string(key)};
    }
    if (revision > at) continue;
    const layout::ObjectRow object = layout::parse_object_row(scan.value());
    candidate.revision = revision;
    candidate.op = object.op;
    candidate.schema = object.schema;
    candidate.bytes = object.bytes;
  }
  if (!scan.valid()) page.add(candidate);
  ListResult result = page.take();
  result.revision = at;
  return result;
}

EventLog::Chunk events_between(const Snapshot& snapshot, const std::string& prefix, Revision after, Revision upto,
                               std::size_t most) {
  EventLog::Chunk chunk;
  chunk.scanned = after;
  std::size_t bytes = 0;
  Scan scan(snapshot, std::string(1, layout::kLog), layout::log_key(after + 1));
  for (std::size_t seen = 0; scan.valid(); scan.next(), ++seen) {
    const Revision revision = layout::parse_log_key(scan.key());
    if (revision > upto) break;
    if (seen == kMostRowsAtOnce || chunk.events.size() == most) return chunk;
    layout::LogRow log = layout::parse_log_row(scan.value());
    if (!log.key.starts_with(prefix)) {
      chunk.scanned = revision;
      continue;
    }
    Event event{log.op, read_version(snapshot, log.key, revision, std::move(log.terms)), std::nullopt};
    if (log.previous != 0) {
      event.before = read_version(snapshot, log.key, log.previous, terms_of(snapshot, log.previous));
    }
    if (!fits(event, bytes)) return chunk;
    chunk.scanned = revision;
    chunk.events.push_back(std::move(event));
  }
  chunk.scanned = upto;
  return chunk;
}

Revision compact_log(RocksDatabase& database, Revision after, Revision upto, std::size_t most) {
  const Snapshot snapshot(database);
  rocksdb::WriteBatch batch;
  Revision reached = upto;
  Scan scan(snapshot, std::string(1, layout::kLog), layout::log_key(after + 1));
  for (std::size_t seen = 0; scan.valid(); scan.next(), ++seen) {
    const Revision revision = layout::parse_log_key(scan.key());
    if (revision > upto) break;
    if (seen == most) {
      reached = revision - 1;
      break;
    }
    const layout::LogRow log = layout::parse_log_row(scan.value());
    const auto forget = [&batch, &log](Revision gone) {
      batch.Delete(layout::object_key(log.key, gone));
      batch.Delete(layout::log_key(gone));
    };
    if (log.previous != 0) forget(log.previous);
    if (log.op == Op::Delete) forget(revision);
  }
  // One batch: a crash never leaves versions gone that a list may still ask for.
  batch.Put(kCompactedRow, layout::number(reached));
  database.write_lazily(batch);
  return reached;
}

Revision stored_compacted(const RocksDatabase& database) {
  const auto row = database.read(kCompactedRow);
  return row ? layout::parse_number(*row) : 0;
}

}  // namespace berth::store
