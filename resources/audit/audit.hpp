// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records of the journal "audit". One JSON object each:
//   {revisionAfter?, kind: "write" | "read" | "engine" | "denial", time, actor, impersonator?, groups?, authMethod?,
//   sourceAddress?,
//    requestId?, decision: "allow" | "deny", verb, subresource?, resource: {group, resource, namespace?, name, uid?},
//    revisionBefore?}
//   engine:  and action, host, target, phase: "intent" | "outcome", intent?, result?: "succeeded" | "failed" |
//            "unknown", durationMs?, message?
//   denial:  and message, count, of more than one firstTime? and lastTime?; the resource "*" is several, counted
//            together
// Revisions are strings, as resourceVersions are. Values of objects are in no record.
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "resources/request/caller.hpp"
#include "resources/request/engine_action.hpp"
#include "resources/request/request.hpp"
#include "store/store.hpp"

namespace berth::resources {

inline constexpr std::string_view kAuditJournal = "audit";

struct WriteRecord {
  std::string verb;  // create, update, patch, delete
  Part part = Part::Main;
  std::string ns;
  std::string name;
  std::string uid;
  Revision before = 0;  // 0 for a create
};

// Whether a write of this kind goes on record. Events and Leases never do, nor status by Berth's own controllers.
bool is_audited(const Caller& caller, const Kind& kind, Part part);

store::JournalDraft write_record(const Caller& caller, const Kind& kind, const WriteRecord& write, base::WallTime now);

// For a token that is given out: no object changes.
struct GrantedTo {
  std::string_view ns;
  std::string_view name;
  std::string_view uid;
};
std::string grant_record(const Caller& caller, const Kind& kind, const GrantedTo& to, base::WallTime now);

// Whether reads of this kind go on record: those of Secrets.
bool is_read_audited(const Kind& kind);
// `name` is "" for a list or a watch of more than one.
std::string read_record(const Caller& caller, const Kind& kind, std::string_view verb, std::string_view ns,
                        std::string_view name, base::WallTime now);

std::string intent_record(const Caller& caller, const EngineAction& action, base::WallTime now);
std::string outcome_record(const Caller& caller, std::uint64_t intent, const EngineAction& action,
                           const EngineOutcome& outcome, base::WallTime now);
// For an intent that nobody has finished: `intent_bytes` is its record.
std::string unknown_outcome_record(const Caller& caller, std::uint64_t intent, std::string_view intent_bytes,
                                   base::WallTime now);

// The sequence of the intent when this is an intent's record (`sequence`) or its outcome's.
struct ActionMark {
  enum class Phase { Intent, Outcome } phase = Phase::Intent;
  std::uint64_t intent = 0;
};
std::optional<ActionMark> action_mark(std::uint64_t sequence, std::string_view bytes);

// What of a caller goes on record: texts are cut with a mark, and so is a list of groups that has no end.
Caller recordable(Caller caller);

struct Denial {
  std::string verb;
  std::string resource;  // "containers.berth.dev", "containers.berth.dev/status", or a path: "/metrics"
  std::string ns;
  std::string name;
  std::string message;
};
// Views into the denial; a path is a plural without a group.
struct DeniedResource {
  std::string_view group;
  std::string_view plural;
  std::string_view sub;
};
DeniedResource denied_resource(const Denial& denial);
// Denials that are counted in one record, and when the first and the last of them were.
struct Repeats {
  std::uint64_t count = 0;
  base::WallTime first;
  base::WallTime last;
};
// One denial; and, later, how often it came again.
std::string denial_record(const Caller& caller, const Denial& denial, base::WallTime now);
std::string denial_record(const Caller& caller, const Denial& denial, const Repeats& repeats, base::WallTime now);

}  // namespace berth::resources
