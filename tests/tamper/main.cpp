// SPDX-License-Identifier: Apache-2.0
// audit_tamper DATABASE KIND SEQUENCE: does to the records of the journal "audit" what somebody does who can write the
// files but has not the key. Prints how many records there were.
#include <rocksdb/db.h>

#include <cstdio>
#include <memory>
#include <string>

#include "store/rocks_layout.hpp"
#include "store/write_group.hpp"

namespace {

using namespace berth::store;

constexpr const char* kJournal = "audit";

class Journal {
 public:
  explicit Journal(const std::string& dir) {
    rocksdb::DB* raw = nullptr;
    check(rocksdb::DB::Open({}, dir, &raw));
    db_.reset(raw);
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    rows->SeekForPrev(layout::journal_key(kJournal, ~std::uint64_t{0}));
    if (rows->Valid()) end_ = layout::parse_journal_key(view(rows->key())).sequence;
  }

  std::uint64_t end() const { return end_; }

  JournalRecord read(std::uint64_t sequence) const {
    std::string row;
    check(db_->Get({}, layout::journal_key(kJournal, sequence), &row));
    return layout::parse_journal_row(sequence, row);
  }
  void write(std::uint64_t sequence, const JournalRecord& record) {
    check(db_->Put({}, layout::journal_key(kJournal, sequence),
                   layout::journal_head(record.revision, record.mac) + record.bytes));
  }
  void erase(std::uint64_t sequence) { check(db_->Delete({}, layout::journal_key(kJournal, sequence))); }
  // What the database says of the journal's end, of its start, and its checkpoints from `sequence` on.
  void erase_seals(std::uint64_t sequence) {
    check(db_->Delete({}, end_row_key(kJournal)));
    check(db_->Delete({}, start_row_key(kJournal)));
    for (std::uint64_t i = sequence; i <= end_; ++i) check(db_->Delete({}, checkpoint_row_key(kJournal, i)));
  }

 private:
  static void check(const rocksdb::Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "audit_tamper: %s\n", status.ToString().c_str());
    std::exit(2);
  }
  static std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

  std::unique_ptr<rocksdb::DB> db_;
  std::uint64_t end_ = 0;
};

void change(Journal& journal, std::uint64_t at) {
  JournalRecord record = journal.read(at);
  record.bytes.replace(record.bytes.find("\"actor\":\"") + 9, 1, "X");
  journal.write(at, record);
}

// A record with another text, and every mac from there on made anew, with a key of the tamperer's own.
void restamp(Journal& journal, std::uint64_t at) {
  change(journal, at);
  const berth::base::Key32 own = berth::base::Key32::random();
  JournalHead head = at == 1 ? journal_start(kJournal) : JournalHead{at - 1, journal.read(at - 1).mac};
  for (std::uint64_t i = at; i <= journal.end(); ++i) {
    JournalRecord record = journal.read(i);
    journal.write(i, seal_record(own, head, record.revision, std::move(record.bytes)));
  }
}

// The records behind it move up, so that no gap is left.
void remove(Journal& journal, std::uint64_t at) {
  for (std::uint64_t i = at; i < journal.end(); ++i) journal.write(i, journal.read(i + 1));
  journal.erase(journal.end());
}

void swap(Journal& journal, std::uint64_t at) {
  const JournalRecord first = journal.read(at);
  journal.write(at, journal.read(at + 1));
  journal.write(at + 1, first);
}

// A copy of the record before it; the records behind it move down.
void insert(Journal& journal, std::uint64_t at) {
  for (std::uint64_t i = journal.end(); i >= at; --i) journal.write(i + 1, journal.read(i));
  journal.write(at, journal.read(at - 1));
}

// Everything from there on, with all that the database says of the end.
void cut(Journal& journal, std::uint64_t at) {
  for (std::uint64_t i = at; i <= journal.end(); ++i) journal.erase(i);
  journal.erase_seals(at);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("audit_tamper DATABASE change|restamp|remove|swap|insert|cut|count SEQUENCE\n", stderr);
    return 2;
  }
  Journal journal(argv[1]);
  const std::string kind = argv[2];
  const std::uint64_t at = std::stoull(argv[3]);
  std::printf("%llu\n", static_cast<unsigned long long>(journal.end()));
  if (kind == "count") return 0;
  const bool there = at >= 1 && at <= journal.end();
  if (!there || (kind == "insert" && at == 1) || (kind == "swap" && at == journal.end())) {
    std::fputs("audit_tamper: no such record\n", stderr);
    return 2;
  }
  if (kind == "change") change(journal, at);
  if (kind == "restamp") restamp(journal, at);
  if (kind == "remove") remove(journal, at);
  if (kind == "swap") swap(journal, at);
  if (kind == "insert") insert(journal, at);
  if (kind == "cut") cut(journal, at);
  return 0;
}
