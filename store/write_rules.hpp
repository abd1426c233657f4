// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every store says the same way: which writes are well formed, which expectations hold, how a gap is filled,
// and the words of the refusals. Pure functions.
#include "store/store.hpp"

namespace berth::store {

inline constexpr std::size_t kMaxValueBytes = 1536 * 1024;  // 1.5 MiB, as etcd

// Throws BadRequest for an empty key or journal name, or one with a NUL byte (the separator of the layout), and
// RequestEntityTooLarge for a value above kMaxValueBytes.
void check_shape(const Write& write);
void check_journal_name(std::string_view journal);

// Throws Conflict, NotFound or AlreadyExists unless `live` (0: absent) is what the write expects.
void check_expected(const Write& write, Revision live);

// Throws NotFound or Conflict, naming the guard's key, unless it is live (nullptr: it is not) and
// without the term.
void check_guard(const Guard& guard, const Entry* live);

// head + revision + tail, made once.
std::string fill(const Draft& draft, Revision revision);

// Throws Expired when `at` is compacted, Timeout with the cause ResourceVersionTooLarge when it is not reached yet.
void check_readable(Revision at, Revision compacted, Revision newest);

base::Status too_old(Revision asked, Revision compacted);
base::Status closing();
base::Status disk_full(std::string_view detail);

bool has_all_terms(std::span<const std::string> have, std::span<const std::string> wanted);

}  // namespace berth::store
