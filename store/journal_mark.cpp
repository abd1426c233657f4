// SPDX-License-Identifier: Apache-2.0
#include "store/journal_mark.hpp"

#include "store/rocks_layout.hpp"

namespace berth::store {
namespace {

constexpr std::size_t kNumber = 8;
constexpr std::size_t kMac = 32;
constexpr std::size_t kPlain = kNumber + kNumber + kMac;

std::string mac_of(const base::Key32& key, MarkKind kind, std::string_view journal, std::string_view plain) {
  const std::string_view label = kind == MarkKind::Checkpoint ? "checkpoint of journal " : "start of journal ";
  return base::hmac_sha256(key, {label, journal, std::string_view("\0", 1), plain});
}

}  // namespace

std::string seal_mark(const base::Key32& key, MarkKind kind, std::string_view journal, const JournalMark& mark) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(mark.time.time_since_epoch()).count();
  const std::string plain =
      layout::number(mark.head.sequence) + layout::number(static_cast<std::uint64_t>(micros)) + mark.head.mac;
  return plain + mac_of(key, kind, journal, plain);
}

std::optional<JournalMark> open_mark(const base::Key32& key, MarkKind kind, std::string_view journal,
                                     std::string_view sealed) {
  if (sealed.size() != kPlain + kMac) return std::nullopt;
  const std::string_view plain = sealed.substr(0, kPlain);
  if (!base::equal_constant_time(mac_of(key, kind, journal, plain), sealed.substr(kPlain))) return std::nullopt;
  const auto micros = static_cast<std::int64_t>(layout::parse_number(plain.substr(kNumber, kNumber)));
  return JournalMark{{layout::parse_number(plain.substr(0, kNumber)), std::string(plain.substr(2 * kNumber))},
                     base::WallTime(std::chrono::microseconds(micros))};
}

const JournalMark* last_to_go(const std::vector<JournalMark>& marks, const JournalKeep& keep, std::uint64_t end,
                              base::WallTime now) {
  const JournalMark* last = nullptr;
  for (const JournalMark& mark : marks) {
    const bool too_many = keep.records > 0 && mark.head.sequence + keep.records <= end;
    const bool too_old = keep.age.count() > 0 && mark.time + keep.age <= now;
    if (too_many || too_old) last = &mark;
  }
  return last;
}

}  // namespace berth::store
