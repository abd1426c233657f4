// SPDX-License-Identifier: Apache-2.0
#include "store/journal_chain.hpp"

namespace berth::store {
namespace {

std::string big_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, number >>= 8) bytes[static_cast<std::size_t>(i)] = static_cast<char>(number & 0xff);
  return bytes;
}

std::string mac_of(const base::Key32& key, std::uint64_t sequence, Revision revision, std::string_view before,
                   std::string_view bytes) {
  return base::hmac_sha256(key, {big_endian(sequence), big_endian(revision), before, bytes});
}

}  // namespace

JournalHead journal_start(std::string_view journal) { return {0, base::sha256(journal)}; }

JournalRecord seal_record(const base::Key32& key, JournalHead& head, Revision revision, std::string bytes) {
  JournalRecord record{head.sequence + 1, revision, std::move(bytes), {}, std::move(head.mac)};
  record.mac = mac_of(key, record.sequence, revision, record.previous, record.bytes);
  head = {record.sequence, record.mac};
  return record;
}

bool is_sealed(const base::Key32& key, const JournalRecord& record) {
  const std::string mac = mac_of(key, record.sequence, record.revision, record.previous, record.bytes);
  return base::equal_constant_time(mac, record.mac);
}

ChainVerifier::ChainVerifier(const base::Key32& key, JournalHead from) : key_(key), at_(std::move(from)) {
  report_.first = at_.sequence + 1;
}

bool ChainVerifier::feed(const JournalRecord& record) {
  if (report_.first_bad) return false;
  const std::uint64_t wanted = at_.sequence + 1;
  if (record.sequence != wanted) {
    fail(wanted, "record " + std::to_string(wanted) + " is missing");
    return false;
  }
  if (!base::equal_constant_time(mac_of(key_, wanted, record.revision, at_.mac, record.bytes), record.mac)) {
    fail(wanted, "record " + std::to_string(wanted) + " was changed, moved or slipped in");
    return false;
  }
  at_ = {record.sequence, record.mac};
  ++report_.records;
  return true;
}

JournalReport ChainVerifier::finish(std::uint64_t end) {
  const std::uint64_t next = at_.sequence + 1;
  if (next <= end)
    fail(next, "records " + std::to_string(next) + " to " + std::to_string(end) + " are missing at the end");
  return report_;
}

void ChainVerifier::fail(std::uint64_t sequence, std::string problem) {
  if (report_.first_bad) return;
  report_.first_bad = sequence;
  report_.problem = std::move(problem);
}

}  // namespace berth::store
