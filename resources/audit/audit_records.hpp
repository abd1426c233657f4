// SPDX-License-Identifier: Apache-2.0
#pragma once
// The audit journal as a read-only kind: nothing of it is an object in the store. A record's name and
// resourceVersion are its sequence.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "resources/request/request.hpp"

namespace berth::resources {

class DenialJournal;

// What a verification found.
struct AuditReport {
  store::JournalReport journal;
  std::uint64_t missing = 0;  // of an export: sequences between its first and its last that are not in it
};

class AuditRecords {
 public:
  // Both outlive it.
  AuditRecords(store::Store& store, DenialJournal& denials) : store_(store), denials_(denials) {}

  Object get(std::string_view name) const;  // throws NotFound
  // At most 10,000 records a page, whatever the limit, and as many as are found among 50,000: the continue token leads
  // on, also from an empty page. `order=newest` begins at the newest.
  Task<ListPage> list(ListOptions options) const;
  // Throws Expired, from the first wait, when records behind the resourceVersion are pruned.
  std::unique_ptr<ObjectWatch> watch(const WatchOptions& options) const;
  std::uint64_t newest() const;

  // Walks the whole journal. One at a time, else TooManyRequests.
  Task<AuditReport> verify() const;
  // Records as they were exported, in order. A text that is no record is BadRequest naming its place.
  Task<AuditReport> verify_export(std::vector<std::string> texts) const;

  // What was denied again and again is on record when its minute is over, as long as this runs.
  Task<void> keep_denials() const;
  // And before that at a graceful end.
  Task<void> flush_denials() const;

 private:
  AuditReport check_export(const std::vector<std::string>& texts) const;

  store::Store& store_;
  DenialJournal& denials_;
  mutable std::atomic<bool> verifying_{false};
};

}  // namespace berth::resources
