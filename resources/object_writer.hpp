// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes: a candidate is made, admitted (defaults, pruning, validation, metadata rules), compared with what stands,
// and committed with its audit record. The DOM lives here only.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "resources/apply/managed_fields.hpp"
#include "resources/body_rules.hpp"
#include "resources/namespace_rules.hpp"
#include "resources/object_reader.hpp"
#include "resources/rights/access_rules.hpp"
#include "resources/spec_history.hpp"
#include "resources/write_counters.hpp"

namespace berth::resources {

// An object as it stands, read for one attempt.
struct Live {
  store::Entry entry;
  Object object;  // opened
  Json value;
};

// What a write wants the object to be.
struct Candidate {
  Json value;
  std::vector<std::string> duplicate_fields;
  const Json* patch = nullptr;           // for messages
  std::optional<ManagedFields> managed;  // of an apply; any other write is compared with the live object
};
// Makes the candidate from the live object; nothing when there is nothing to do. Called again after a conflict.
using Change = std::function<std::optional<Candidate>(const Live&)>;

struct Rewrite {
  Origin origin = Origin::Server;
  Part part = Part::Main;
  const char* verb = "update";
  WriteOptions options;
};

struct WriterOptions {
  const ObjectReader* reader = nullptr;
  const NamespaceRules* namespaces = nullptr;
  const store::KeyRing* keys = nullptr;
  base::Clock* clock = nullptr;
  base::Metrics* metrics = nullptr;
  std::function<std::string()> name_suffix;  // for generateName
  AccessRules* access = nullptr;
  SpecHistory* history = nullptr;
};

class ObjectWriter {
 public:
  explicit ObjectWriter(WriterOptions options);

  // `seen_as`: as in a Target.
  Task<Written> create(Caller caller, const Kind& kind, std::string ns, Body body, WriteOptions options,
                       const Kind* seen_as = nullptr);
  // Changes an existing object. Tried again when another write came between, see LostRaces; a Conflict is only what
  // the change itself names: a resourceVersion, a uid, the fields of another manager.
  Task<Written> rewrite(Caller caller, Target target, Rewrite how, Change change);
  // Merges a configuration into the object, or makes one of it.
  Task<Written> apply(Caller caller, Target target, Part part, Body configuration, ApplyOptions options);
  Task<Written> remove(Caller caller, Target target, DeleteOptions options);

  // Berth's own change of the live object: `edit` makes it, and says whether there is any. Retried when another write
  // came between. An object of another uid, or none, is left alone and gives nothing.
  Task<std::optional<Object>> amend(Caller caller, Target target, Part part, std::string uid, Edit edit);

 private:
  // An admitted object on its way to the store.
  struct Admitted {
    Json value;
    store::Draft draft;              // opened: what clients will see
    std::vector<std::string> terms;  // of the index
    std::vector<std::string> warnings;
    store::Op op = store::Op::Put;
    std::optional<std::string> managed_fields;  // as JSON; none is in the value then
    std::optional<Json> sent_managed_fields;    // by a create or an update
    const Kind* seen_as = nullptr;              // of a create
  };

  Task<Written> create_once(const Caller& caller, const Kind& kind, const std::string& ns, Admitted& object,
                            const WriteOptions& options);
  Task<Written> create_generated(const Caller& caller, const Kind& kind, const std::string& ns, Admitted& object,
                                 const WriteOptions& options);
  // The body as an object that has all but its name, maybe. Throws what is wrong with the request.
  Admitted begin_create(const Kind& kind, const std::string& ns, Body body, const WriteOptions& options) const;
  Task<Written> apply_uncounted(const Caller& caller, const Target& target, Part part, Body& configuration,
                                const ApplyOptions& options);
  // Nothing when another write made or removed the object in between.
  Task<std::optional<Written>> apply_to_none(const Caller& caller, const Target& target, const Body& configuration,
                                             const ApplyOptions& options);
  Task<std::optional<Written>> apply_to_live(const Caller& caller, const Target& target, Part part,
                                             const Body& configuration, const ApplyOptions& options);
  Task<Written> rewrite_uncounted(const Caller& caller, const Target& target, const Rewrite& how, const Change& change);
  Task<Written> remove_uncounted(const Caller& caller, const Target& target, const DeleteOptions& options);
  Task<Written> counted(const Kind& kind, const char* verb, Task<Written> write);

  // Before the write: the spec that it takes away, or the history of what it ends.
  Task<void> keep_history(const Target& target, const Live& live, const Admitted& next);
  Live load(const Target& target) const;
  Admitted admit(const Caller& caller, const Target& target, const Rewrite& how, const Live& live,
                 Candidate candidate) const;
  std::optional<Admitted> mark_for_deletion(const Kind& kind, const Live& live, std::string_view policy) const;
  store::Write write_of(const Caller& caller, const Target& target, Part part, const char* verb, Revision before,
                        Admitted& object) const;
  Object result_of(const Kind& kind, const store::Draft& draft, const store::Entry& entry) const;
  // Nothing when another write came between.
  Task<std::optional<store::Entry>> try_commit(const Kind& kind, store::Write write);

  WriterOptions options_;
  store::Store& store_;
  WriteCounters counters_;
};

}  // namespace berth::resources
