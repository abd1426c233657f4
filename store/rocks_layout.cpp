// SPDX-License-Identifier: Apache-2.0
#include "store/rocks_layout.hpp"

namespace berth::store::layout {
namespace {

constexpr std::size_t kNumber = 8;
constexpr std::size_t kMac = 32;

[[noreturn]] void fail_damaged(std::string_view what) {
  throw base::internal_error("store: damaged " + std::string(what));
}

void append_number(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

// LEB128: lengths and small numbers in one byte.
void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// Takes fields off the front of a row.
class Reader {
 public:
  Reader(std::string_view row, std::string_view what) : rest_(row), what_(what) {}

  std::string_view take(std::size_t size) {
    if (rest_.size() < size) fail_damaged(what_);
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  Op op() {
    const auto byte = static_cast<unsigned char>(take(1).front());
    if (byte > static_cast<unsigned char>(Op::Delete)) fail_damaged(what_);
    return static_cast<Op>(byte);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail_damaged(what_);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  std::string_view what_;
};

// table, name, 00, number.
std::string numbered_key(char table, std::string_view name, std::uint64_t value) {
  std::string row;
  row.reserve(name.size() + 2 + kNumber);
  row.push_back(table);
  row.append(name).push_back('\0');
  append_number(row, value);
  return row;
}

}  // namespace

std::string number(std::uint64_t value) {
  std::string bytes;
  append_number(bytes, value);
  return bytes;
}

std::uint64_t parse_number(std::string_view bytes) {
  if (bytes.size() != kNumber) fail_damaged("number");
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::string object_key(std::string_view key, Revision revision) { return numbered_key(kObjects, key, revision); }
std::string log_key(Revision revision) { return table_key(kLog, number(revision)); }
std::string journal_key(std::string_view journal, std::uint64_t sequence) {
  return numbered_key(kJournals, journal, sequence);
}

std::string table_key(char table, std::string_view name) {
  std::string row;
  row.reserve(1 + name.size());
  row.push_back(table);
  row.append(name);
  return row;
}

ObjectKey parse_object_key(std::string_view row) {
  if (row.size() < kNumber + 2) fail_damaged("object key");
  return {row.substr(1, row.size() - kNumber - 2), parse_number(row.substr(row.size() - kNumber))};
}

Revision parse_log_key(std::string_view row) { return parse_number(row.substr(1)); }

JournalKey parse_journal_key(std::string_view row) {
  const auto [journal, sequence] = parse_object_key(row);
  return {journal, sequence};
}

std::string object_head(Op op, std::uint32_t schema) {
  std::string head(1, static_cast<char>(op));
  append_varint(head, schema);
  return head;
}

ObjectRow parse_object_row(std::string_view row) {
  Reader reader(row, "object version");
  ObjectRow object;
  object.op = reader.op();
  object.schema = static_cast<std::uint32_t>(reader.varint());
  object.bytes = reader.rest();
  return object;
}

std::string log_row(Op op, Revision previous, std::span<const std::string> terms, std::string_view key) {
  constexpr std::size_t kUsualNumber = 2;
  std::size_t size = 2 * kNumber + key.size();
  for (const std::string& term : terms) size += kUsualNumber + term.size();
  std::string row;
  row.reserve(size);
  row.push_back(static_cast<char>(op));
  append_varint(row, previous);
  append_varint(row, terms.size());
  for (const std::string& term : terms) {
    append_varint(row, term.size());
    row.append(term);
  }
  row.append(key);
  return row;
}

LogRow parse_log_row(std::string_view row) {
  Reader reader(row, "log record");
  LogRow log;
  log.op = reader.op();
  log.previous = reader.varint();
  for (std::uint64_t terms = reader.varint(); terms > 0; --terms) {
    const std::uint64_t size = reader.varint();
    log.terms.emplace_back(reader.take(size));
  }
  log.key = reader.rest();
  return log;
}

std::string journal_head(Revision revision, std::string_view mac) {
  std::string head;
  head.reserve(kNumber + mac.size());
  append_number(head, revision);
  head.append(mac);
  return head;
}

JournalRecord parse_journal_row(std::uint64_t sequence, std::string_view row) {
  Reader reader(row, "journal record");
  JournalRecord record;
  record.sequence = sequence;
  record.revision = parse_number(reader.take(kNumber));
  record.mac = reader.take(kMac);
  record.bytes = reader.rest();
  return record;
}

}  // namespace berth::store::layout
