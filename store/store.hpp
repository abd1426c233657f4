// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is remembered: bytes under keys, ordered by one 64-bit revision. The store knows neither JSON nor kinds.
// One interface over RocksDB and over memory (a readable reference), one test suite for both.
//
// A revision is given at commit, strictly increasing, visible in order, and never used twice, not even after a
// crash. A write is acknowledged, readable and watchable only once it is durable. One write changes one key against
// the revision it expects, and carries its journal record in the same batch.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "base/task.hpp"
#include "store/journals.hpp"

namespace berth::store {

// The exact bytes of one version, shared by every reader.
using Bytes = std::shared_ptr<const std::string>;

// Bytes with one gap that the store fills with the decimal revision of the write: head + revision + tail.
struct Draft {
  std::string head;
  std::string tail;
};

// What a write does to the journal, in the same batch. The record's `{revision}` gap works as a Draft's.
struct JournalDraft {
  std::string journal;  // the journal's name, "audit"
  Draft record;
};

enum class Op : std::uint8_t { Put, Delete };

// What must be so of another key at the very moment of the commit: it is there, and its live version does not carry
// the term. No write between the caller's own look and the commit can slip through.
struct Guard {
  std::string key;
  std::string without;
};

struct Write {
  std::string key;  // no NUL byte
  Op op = Op::Put;
  Revision expected = 0;  // the live version's revision; 0: the key must not exist
  // Put: the new bytes. Delete: the last state, which watchers receive with the revision of the deletion.
  Draft value;
  std::vector<std::string> terms;  // index terms of the new version, opaque: "label/app=web"
  std::vector<JournalDraft> journal;
  std::optional<Guard> guard;
  std::uint32_t schema = 1;  // schema revision of the bytes, kept beside them
};

// One version of a key, as a handle on one immutable record that the live index, the ring and every reader share:
// handing it on counts a reference and copies nothing. `key` and `terms` point into the record, which `value` keeps.
struct Entry {
  std::string_view key;
  Revision revision = 0;
  Bytes value;
  std::span<const std::string> terms;
  std::uint32_t schema = 1;
};
Entry make_entry(std::string key, Revision revision, std::string value, std::vector<std::string> terms,
                 std::uint32_t schema = 1);

// One change. `before` is the version it replaced (absent on a create): watchers with selectors need it.
struct Event {
  Op op = Op::Put;
  Entry entry;  // Delete: the last state, stamped with the deletion's revision
  std::optional<Entry> before;
};

struct ListQuery {
  std::string prefix;
  std::vector<std::string> terms;  // all must match; empty: everything below the prefix
  std::optional<Revision> at;      // a past revision; absent: now
  std::string after;               // only keys greater than this one (paging)
  std::size_t limit = 0;           // 0: no limit
  bool counts_rest = false;        // say how many come behind the limit
};

struct ListResult {
  Revision revision = 0;       // the snapshot's
  std::vector<Entry> entries;  // in key order
  bool more = false;
  std::size_t rest = 0;  // behind the last entry, of the same snapshot; only for a query that counts it
};

// A watch on a prefix. It reads from a shared ring at its own pace; one that falls off the ring, or asks for a
// compacted revision, gets Status Expired from next(), once, and is over.
class Watch {
 public:
  virtual ~Watch() = default;
  // Waits until there is at least one event, then every event at hand up to `most`, and up to 1 MiB with the versions
  // they replaced (one event may be larger), in revision order, gap-free.
  // Throws Expired, Cancelled (the owner ended the task, or the store is closing).
  virtual Task<std::vector<Event>> next(std::size_t most) = 0;
  // As next, but gives an empty vector when `limit` of real time passes first.
  virtual Task<std::vector<Event>> next_for(std::size_t most, std::chrono::steady_clock::duration limit) = 0;
  // Everything up to here has been delivered: what a bookmark may say.
  virtual Revision progress() const = 0;
};

class Store : public Journals {
 public:
  // Throws Conflict when the live revision is not `expected` (its message names both), NotFound for a delete or an
  // update of an absent key, AlreadyExists for a create of a present one, NotFound or Conflict that name the guard's
  // key when the guard does not hold (which is looked at first), RequestEntityTooLarge above 1.5 MiB,
  // ServiceUnavailable with a retry-after when the disk is full or the store closes. A Status of any other reason
  // means that the outcome is unknown. Any loop; resumes on the caller's.
  virtual Task<Entry> commit(Write write) = 0;

  // Reads see every acknowledged write. Any thread, never blocks on I/O for the live version.
  virtual std::optional<Entry> get(std::string_view key) const = 0;
  // Throws Expired below the compacted revision, Timeout (cause ResourceVersionTooLarge) above the newest.
  virtual ListResult list(const ListQuery& query) const = 0;

  // Events with a revision greater than `after`. The watch belongs to the loop of the executor.
  virtual std::unique_ptr<Watch> watch(std::string prefix, Revision after, base::Executor loop) = 0;

  virtual Revision revision() const = 0;   // the newest visible
  virtual Revision compacted() const = 0;  // lists and watches at or below it are Expired; 0: none yet
  // Forgets versions that were superseded at or before `revision`; live versions stay.
  virtual Task<void> compact(Revision revision) = 0;

  // Small sealed values outside the revisions: the instance id, the canary, keys. Durable when it returns.
  virtual Task<void> put_meta(std::string name, std::string bytes) = 0;
  virtual std::optional<std::string> get_meta(std::string_view name) const = 0;

  // Ends watches with Cancelled, commits what is queued, stops the committer. Later calls throw ServiceUnavailable.
  virtual void close() = 0;
};

}  // namespace berth::store
