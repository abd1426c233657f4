// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/audit.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "resources/object/sealing.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {
namespace {

using base::JsonObject;

constexpr std::size_t kMostMessageBytes = 4096;
constexpr std::size_t kUsualMembers = 16;
constexpr std::size_t kUsualRecordBytes = 640;
constexpr std::size_t kMostCallerBytes = 512;
constexpr std::size_t kMostGroups = 64;
constexpr std::size_t kMostGroupBytes = 256;
constexpr std::string_view kMark = "\u2026";

void put_unless_empty(JsonObject& object, std::string_view member, std::string_view value) {
  if (!value.empty()) object[member] = value;
}

bool is_recordable(const Caller& caller) {
  return caller.user.size() <= kMostCallerBytes && caller.impersonator.size() <= kMostCallerBytes &&
         caller.groups.size() <= kMostGroups &&
         std::ranges::all_of(caller.groups, [](const auto& group) { return group.size() <= kMostGroupBytes; });
}

// The mark is among the bytes: what was cut is not cut again.
void cut_with_mark(std::string& text, std::size_t most) {
  if (text.size() > most) text = std::string(base::truncated(text, most - kMark.size())).append(kMark);
}

JsonObject start_record(const Caller& caller, std::string_view kind, base::WallTime now) {
  if (!is_recordable(caller)) return start_record(recordable(caller), kind, now);
  JsonObject record(kUsualMembers);
  record["kind"] = kind;
  record["time"] = base::format_micro_time(now);
  record["actor"] = caller.user;
  put_unless_empty(record, "impersonator", caller.impersonator);
  if (!caller.groups.empty()) record["groups"] = base::JsonArray(caller.groups.begin(), caller.groups.end());
  put_unless_empty(record, "authMethod", caller.auth_method);
  put_unless_empty(record, "sourceAddress", caller.source_address);
  put_unless_empty(record, "requestId", caller.request_id);
  return record;
}

JsonObject resource_value(std::string_view group, std::string_view plural, std::string_view ns, std::string_view name,
                          std::string_view uid) {
  JsonObject resource;
  resource["group"] = group;
  resource["resource"] = plural;
  put_unless_empty(resource, "namespace", ns);
  resource["name"] = name;
  put_unless_empty(resource, "uid", uid);
  return resource;
}

std::string_view subresource_of(Part part) {
  if (part == Part::Status) return "status";
  return part == Part::Finalize ? "finalize" : "";
}

void append_text(std::string& out, std::string_view member, std::string_view value) {
  out.append(",\"").append(member).append("\":");
  base::append_quoted(out, value);
}

void append_unless_empty(std::string& out, std::string_view member, std::string_view value) {
  if (!value.empty()) append_text(out, member, value);
}

void append_unless_empty(std::string& out, std::string_view member, const std::vector<std::string>& values) {
  if (values.empty()) return;
  out.append(",\"").append(member).append("\":");
  char separator = '[';
  for (const std::string& value : values) {
    out.push_back(std::exchange(separator, ','));
    base::append_quoted(out, value);
  }
  out.push_back(']');
}

JsonObject engine_record(const Caller& caller, const EngineAction& action, std::string_view phase, base::WallTime now) {
  JsonObject record = start_record(caller, "engine", now);
  record["decision"] = "allow";
  record["phase"] = phase;
  record["action"] = action.action;
  record["verb"] = action.action;
  record["host"] = action.host;
  record["target"] = action.target;
  if (action.kind.empty()) return record;
  const Kind& kind = schemas::Catalog::instance().by_name(action.kind);
  record["resource"] = resource_value(kind.group, kind.plural, action.ns, action.name, action.uid);
  return record;
}

JsonObject denial_object(const Caller& caller, const Denial& denial, std::uint64_t count, base::WallTime now) {
  JsonObject record = start_record(caller, "denial", now);
  const DeniedResource resource = denied_resource(denial);
  record["decision"] = "deny";
  record["verb"] = denial.verb;
  put_unless_empty(record, "subresource", resource.sub);
  record["resource"] = resource_value(resource.group, resource.plural, denial.ns, denial.name, "");
  record["message"] = base::truncated(denial.message, kMostMessageBytes);
  record["count"] = count;
  return record;
}

}  // namespace

Caller recordable(Caller caller) {
  cut_with_mark(caller.user, kMostCallerBytes);
  cut_with_mark(caller.impersonator, kMostCallerBytes);
  if (caller.groups.size() > kMostGroups) {
    caller.groups.resize(kMostGroups);
    caller.groups.back() = kMark;
  }
  for (std::string& group : caller.groups) cut_with_mark(group, kMostGroupBytes);
  caller.extra.clear();
  return caller;
}

bool is_audited(const Caller& caller, const Kind& kind, Part part) {
  if (kind.kind == "Event" || kind.kind == "Lease") return false;
  return part != Part::Status || !caller.is_controller();
}

store::JournalDraft write_record(const Caller& caller, const Kind& kind, const WriteRecord& write, base::WallTime now) {
  if (!is_recordable(caller)) return write_record(recordable(caller), kind, write, now);
  // Written straight out, members by name: each write has one. The gap comes before them.
  store::JournalDraft draft{std::string(kAuditJournal), {R"({"revisionAfter":")", R"(","actor":)"}};
  std::string& out = draft.record.tail;
  out.reserve(kUsualRecordBytes);
  base::append_quoted(out, caller.user);
  append_unless_empty(out, "authMethod", caller.auth_method);
  out.append(R"(,"decision":"allow")");
  append_unless_empty(out, "groups", caller.groups);
  append_unless_empty(out, "impersonator", caller.impersonator);
  out.append(R"(,"kind":"write")");
  append_unless_empty(out, "requestId", caller.request_id);
  out.append(R"(,"resource":{"group":)");
  base::append_quoted(out, kind.group);
  append_text(out, "name", write.name);
  append_unless_empty(out, "namespace", write.ns);
  append_text(out, "resource", kind.plural);
  append_unless_empty(out, "uid", write.uid);
  out.push_back('}');
  if (write.before != 0) append_text(out, "revisionBefore", std::to_string(write.before));
  append_unless_empty(out, "sourceAddress", caller.source_address);
  append_unless_empty(out, "subresource", subresource_of(write.part));
  append_text(out, "time", base::format_micro_time(now));
  append_text(out, "verb", write.verb);
  out.push_back('}');
  return draft;
}

std::string grant_record(const Caller& caller, const Kind& kind, const GrantedTo& to, base::WallTime now) {
  JsonObject record = start_record(caller, "write", now);
  record["decision"] = "allow";
  record["verb"] = "create";
  record["subresource"] = "token";
  record["resource"] = resource_value(kind.group, kind.plural, to.ns, to.name, to.uid);
  return base::to_canonical(std::move(record));
}

bool is_read_audited(const Kind& kind) { return has_sealed_fields(kind); }

std::string read_record(const Caller& caller, const Kind& kind, std::string_view verb, std::string_view ns,
                        std::string_view name, base::WallTime now) {
  JsonObject record = start_record(caller, "read", now);
  record["decision"] = "allow";
  record["verb"] = verb;
  record["resource"] = resource_value(kind.group, kind.plural, ns, name, "");
  return base::to_canonical(std::move(record));
}

std::string intent_record(const Caller& caller, const EngineAction& action, base::WallTime now) {
  return base::to_canonical(engine_record(caller, action, "intent", now));
}

std::string outcome_record(const Caller& caller, std::uint64_t intent, const EngineAction& action,
                           const EngineOutcome& outcome, base::WallTime now) {
  JsonObject record = engine_record(caller, action, "outcome", now);
  record["intent"] = intent;
  record["result"] = outcome.succeeded ? "succeeded" : "failed";
  record["durationMs"] = outcome.duration.count();
  put_unless_empty(record, "message", base::truncated(outcome.message, kMostMessageBytes));
  return base::to_canonical(std::move(record));
}

std::string unknown_outcome_record(const Caller& caller, std::uint64_t intent, std::string_view intent_bytes,
                                   base::WallTime now) {
  JsonObject record = start_record(caller, "engine", now);
  const base::Json before = base::parse_json(intent_bytes);
  for (const std::string_view member : {"action", "host", "resource", "target", "verb"}) {
    if (const base::Json* value = before.as_object().if_contains(member)) record[member] = *value;
  }
  record["decision"] = "allow";
  record["phase"] = "outcome";
  record["intent"] = intent;
  record["result"] = "unknown";
  return base::to_canonical(std::move(record));
}

std::optional<ActionMark> action_mark(std::uint64_t sequence, std::string_view bytes) {
  // Most records are of writes: a glance spares their parse.
  if (bytes.find("\"kind\":\"engine\"") == std::string_view::npos) return std::nullopt;
  const base::Json record = base::parse_json(bytes);
  if (base::string_at(record, "kind") != "engine") return std::nullopt;
  if (base::string_at(record, "phase") == "intent") return ActionMark{ActionMark::Phase::Intent, sequence};
  return ActionMark{ActionMark::Phase::Outcome, static_cast<std::uint64_t>(base::int_at(record, "intent"))};
}

DeniedResource denied_resource(const Denial& denial) {
  const std::string_view text = denial.resource;
  if (text.starts_with('/')) return {"", text, ""};
  const std::size_t slash = text.find('/');
  const std::string_view whole = text.substr(0, slash);
  const std::size_t dot = whole.find('.');
  return {dot == std::string_view::npos ? "" : whole.substr(dot + 1), whole.substr(0, dot),
          slash == std::string_view::npos ? "" : text.substr(slash + 1)};
}

std::string denial_record(const Caller& caller, const Denial& denial, base::WallTime now) {
  return base::to_canonical(denial_object(caller, denial, 1, now));
}

std::string denial_record(const Caller& caller, const Denial& denial, const Repeats& repeats, base::WallTime now) {
  JsonObject record = denial_object(caller, denial, repeats.count, now);
  record["firstTime"] = base::format_micro_time(repeats.first);
  record["lastTime"] = base::format_micro_time(repeats.last);
  return base::to_canonical(std::move(record));
}

}  // namespace berth::resources
