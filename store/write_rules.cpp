// SPDX-License-Identifier: Apache-2.0
#include "store/write_rules.hpp"

#include <algorithm>

namespace berth::store {
namespace {

constexpr std::size_t kRevisionDigits = 20;

base::Status about_key(base::Reason reason, const std::string& key, const std::string& what) {
  base::Details details;
  details.name = key;
  return {reason, "key \"" + key + "\" " + what, std::move(details)};
}

void check_name(std::string_view what, std::string_view name) {
  if (name.empty()) throw base::bad_request(std::string(what) + " is empty");
  if (name.find('\0') != std::string_view::npos) throw base::bad_request(std::string(what) + " holds a NUL byte");
}

}  // namespace

void check_shape(const Write& write) {
  check_name("key", write.key);
  for (const JournalDraft& draft : write.journal) check_journal_name(draft.journal);
  const std::size_t bytes = write.value.head.size() + write.value.tail.size() + kRevisionDigits;
  if (bytes > kMaxValueBytes) {
    // Whoever wrote it knows which one it was, and may be a client, who knows no keys.
    throw base::Status(base::Reason::RequestEntityTooLarge, "Request entity too large: " + std::to_string(bytes) +
                                                                " bytes to store, limit is " +
                                                                std::to_string(kMaxValueBytes));
  }
}

void check_journal_name(std::string_view journal) { check_name("journal name", journal); }

void check_expected(const Write& write, Revision live) {
  if (live == write.expected && (live != 0 || write.op == Op::Put)) return;
  if (live == 0) throw about_key(base::Reason::NotFound, write.key, "not found");
  if (write.expected == 0 && write.op == Op::Put) {
    throw about_key(base::Reason::AlreadyExists, write.key, "already exists at revision " + std::to_string(live));
  }
  throw about_key(base::Reason::Conflict, write.key,
                  "is at revision " + std::to_string(live) + ", expected " + std::to_string(write.expected));
}

void check_guard(const Guard& guard, const Entry* live) {
  if (live == nullptr) throw about_key(base::Reason::NotFound, guard.key, "not found");
  if (std::ranges::find(live->terms, guard.without) == live->terms.end()) return;
  throw about_key(base::Reason::Conflict, guard.key, "is " + guard.without);
}

std::string fill(const Draft& draft, Revision revision) {
  const std::string digits = std::to_string(revision);
  std::string bytes;
  bytes.reserve(draft.head.size() + digits.size() + draft.tail.size());
  bytes.append(draft.head).append(digits).append(draft.tail);
  return bytes;
}

void check_readable(Revision at, Revision compacted, Revision newest) {
  if (at <= compacted) throw too_old(at, compacted);
  if (at > newest) {
    const std::string text =
        "Too large resource version: " + std::to_string(at) + ", current: " + std::to_string(newest);
    base::Details details;
    details.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
    details.retry_after = std::chrono::seconds(1);
    throw base::Status(base::Reason::Timeout, text, std::move(details));
  }
}

base::Status too_old(Revision asked, Revision compacted) {
  return {base::Reason::Expired,
          "too old resource version: " + std::to_string(asked) + " (" + std::to_string(compacted) + ")"};
}

base::Status closing() { return base::unavailable("the store is closing", std::chrono::seconds(5)); }

base::Status disk_full(std::string_view detail) {
  return base::unavailable("disk full: " + std::string(detail), std::chrono::seconds(5));
}

bool has_all_terms(std::span<const std::string> have, std::span<const std::string> wanted) {
  return std::ranges::all_of(wanted,
                             [&have](const std::string& term) { return std::ranges::find(have, term) != have.end(); });
}

}  // namespace berth::store
