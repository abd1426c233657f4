// SPDX-License-Identifier: Apache-2.0
#pragma once
// How things lie in RocksDB. One column family; the first byte of a key is its table:
//   o key 00 revision      op, schema, bytes     an object's version; bytes are stored here only
//   l revision             op, previous revision, terms, key
//   j journal 00 sequence  revision, mac, bytes
//   m name                 what put_meta keeps
//   s name                 the store's own: compacted revision, journal key; of a journal its end, start, checkpoints
// Numbers in keys are big-endian, so that byte order is number order. A record that does not decode throws
// InternalError that names its key.
#include "store/store.hpp"

namespace berth::store::layout {

inline constexpr char kObjects = 'o';
inline constexpr char kLog = 'l';
inline constexpr char kJournals = 'j';
inline constexpr char kMeta = 'm';
inline constexpr char kState = 's';

std::string object_key(std::string_view key, Revision revision);
std::string log_key(Revision revision);
std::string journal_key(std::string_view journal, std::uint64_t sequence);
std::string table_key(char table, std::string_view name);

struct ObjectKey {
  std::string_view key;
  Revision revision = 0;
};
ObjectKey parse_object_key(std::string_view row);
Revision parse_log_key(std::string_view row);
struct JournalKey {
  std::string_view journal;
  std::uint64_t sequence = 0;
};
JournalKey parse_journal_key(std::string_view row);

struct ObjectRow {
  Op op = Op::Put;
  std::uint32_t schema = 1;
  std::string_view bytes;
};
// The row without its bytes: RocksDB joins the two, the bytes are never copied for it.
std::string object_head(Op op, std::uint32_t schema);
ObjectRow parse_object_row(std::string_view row);

struct LogRow {
  Op op = Op::Put;
  Revision previous = 0;
  std::vector<std::string> terms;
  std::string key;
};
std::string log_row(Op op, Revision previous, std::span<const std::string> terms, std::string_view key);
LogRow parse_log_row(std::string_view row);

std::string journal_head(Revision revision, std::string_view mac);  // as object_head
JournalRecord parse_journal_row(std::uint64_t sequence, std::string_view row);

std::string number(std::uint64_t value);
std::uint64_t parse_number(std::string_view bytes);

}  // namespace berth::store::layout
