// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the verbs of resources.hpp take and give.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/status.hpp"
#include "base/task.hpp"
#include "schemas/catalog.hpp"
#include "store/store.hpp"

namespace berth::resources {

using base::Json;
using base::Task;
using schemas::Kind;
using store::Bytes;
using store::Revision;

// One object version: the exact wire JSON (keys sorted; a Secret's values opened), shared, immutable.
struct Object {
  Bytes bytes;
  Revision revision = 0;
  Json parse() const { return base::parse_json(*bytes); }
};

// An object whose secrets are sealed still, for Resources::open.
struct SealedObject {
  store::Entry entry;
  Revision revision = 0;  // that it is shown at
  // As it is kept: names and places are in the clear.
  Json parse_sealed() const { return base::parse_json(*entry.value); }
};

enum class DryRun { No, All };
enum class FieldValidation { Ignore, Warn, Strict };
// The main resource, or a subresource of it: /status, and of a Namespace /finalize, which takes its spec.finalizers.
enum class Part { Main, Status, Finalize };

struct WriteOptions {
  DryRun dry_run = DryRun::No;
  FieldValidation field_validation = FieldValidation::Warn;
  std::string field_manager;
};

struct ApplyOptions {
  WriteOptions write;
  bool force = false;  // take fields from the managers that have set them otherwise
  // Why the caller may not create; thrown where there is no such object.
  std::optional<base::Status> create_refusal;
};

// A decoded body: the value, and the duplicate fields that its reader met.
using Body = base::ParsedJson;

enum class PatchType { Json, Merge, Strategic };  // RFC 6902, RFC 7386, Kubernetes' own (built-in kinds only)

struct Written {
  Object object;
  enum class Outcome { Created, Changed, Unchanged, Deleted } outcome = Outcome::Changed;
  std::vector<std::string> warnings;                  // become Warning headers
  std::optional<SealedObject> sealed = std::nullopt;  // instead of the object, where secrets were to be left sealed
};

struct DeleteOptions {
  std::string uid;  // preconditions, "" for none
  std::string resource_version;
  std::string propagation_policy;  // "", Background, Foreground, Orphan
  DryRun dry_run = DryRun::No;
  bool leave_sealed = false;  // as of a list; what a dry run shows is no object of the store, and opened
};

// A server-side edit of an object's value; false when there is nothing to change.
using Edit = std::function<bool(Json&)>;

struct ListOptions {
  std::string label_selector;          // "app=web,tier!=db": upstream's grammar
  std::string field_selector;          // metadata.name=x, metadata.namespace=y
  std::string resource_version;        // "" newest; "0" any; N not older than
  std::string resource_version_match;  // "", Exact, NotOlderThan
  std::size_t limit = 0;               // most objects on a page; 0: all of them
  std::string continue_token;          // of the page before
  bool leave_sealed = false;           // for who opens each object when it is needed, not the whole list
};

struct ListPage {
  Revision revision = 0;
  std::vector<Object> items;               // key order: namespace, name
  std::vector<SealedObject> sealed;        // instead, of a kind with secrets that were to be left sealed
  std::shared_ptr<const void> held;        // a place among the pages of past revisions
  std::string continue_token;              // where the next page begins; "" on the last
  std::optional<std::uint64_t> remaining;  // objects behind this page; unknown with selectors

  // All of them, sealed ones as they are kept.
  std::vector<Object> take_unopened() {
    std::vector<Object> all = std::move(items);
    for (SealedObject& each : sealed) all.push_back({std::move(each.entry.value), each.revision});
    return all;
  }
};

struct WatchOptions {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // "" or "0": the present objects as ADDED first, then changes; N: changes after N
  bool leave_sealed = false;     // as of a list
};

enum class WatchEventType { Added, Modified, Deleted };
struct WatchEvent {
  WatchEventType type = WatchEventType::Added;
  Object object;                                      // Deleted: the last state, stamped with the deletion's revision
  std::optional<SealedObject> sealed = std::nullopt;  // instead, where secrets were to be left sealed
  Json parse_unopened() const { return sealed ? sealed->parse_sealed() : object.parse(); }
};

// Ends by throwing Expired (the caller lists again) or Cancelled. An object that leaves the selector is Deleted,
// one that enters it is Added.
class ObjectWatch {
 public:
  virtual ~ObjectWatch() = default;
  // At least one event, or none when `limit` of real time passed first.
  virtual Task<std::vector<WatchEvent>> next_for(std::chrono::steady_clock::duration limit) = 0;
  virtual Revision progress() const = 0;  // for bookmarks
};

}  // namespace berth::resources
