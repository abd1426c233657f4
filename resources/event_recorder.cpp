// SPDX-License-Identifier: Apache-2.0
#include "resources/event_recorder.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kMostMessageBytes = 1024;  // upstream's
constexpr std::size_t kMostNameBytes = 253;

const Kind& event_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("Event");
  return kind;
}

std::string_view name_of(EventNote::Type type) { return type == EventNote::Type::Normal ? "Normal" : "Warning"; }

// "<object>.<hash>": the same for the same object, reason and message.
std::string event_name(const Kind& kind, const Json& object, const EventNote& note) {
  const std::string_view name = base::string_at(object, "metadata.name");
  std::string identity(kind.kind);
  for (const std::string_view part : {base::string_at(object, "metadata.uid"), name_of(note.type),
                                      std::string_view(note.reason), std::string_view(note.message)}) {
    identity.append("\n").append(part);
  }
  const std::string hash = base::to_hex(base::sha256(identity)).substr(0, 16);
  std::string_view prefix = name.substr(0, kMostNameBytes - hash.size() - 1);
  while (prefix.ends_with('.') || prefix.ends_with('-')) prefix.remove_suffix(1);
  return std::string(prefix).append(".").append(hash);
}

Json first_event(const Kind& kind, const Json& object, const EventNote& note, base::WallTime now) {
  base::JsonObject about;
  about["apiVersion"] = kind.api_version();
  about["kind"] = kind.kind;
  for (const std::string_view member : {"name", "namespace", "uid", "resourceVersion"}) {
    const std::string_view value = base::string_at(object, std::string("metadata.").append(member));
    if (!value.empty()) about[member] = value;
  }
  const std::string time = base::format_time(now);
  const std::string_view ns = base::string_at(object, "metadata.namespace");
  Json event;
  base::JsonObject& metadata = base::make_path(event, "metadata");
  metadata["name"] = event_name(kind, object, note);
  metadata["namespace"] = ns.empty() ? "default" : ns;
  base::JsonObject& members = event.as_object();
  members["apiVersion"] = "v1";
  members["kind"] = "Event";
  members["involvedObject"] = std::move(about);
  members["type"] = name_of(note.type);
  members["reason"] = note.reason;
  members["message"] = base::truncated(note.message, kMostMessageBytes);
  members["count"] = 1;
  members["firstTimestamp"] = time;
  members["lastTimestamp"] = time;
  members["reportingComponent"] = "berthd";
  members["source"].emplace_object()["component"] = "berthd";
  return event;
}

std::optional<Candidate> counted_again(const Live& live, const Json& repeat) {
  Candidate next{live.value, {}, nullptr};
  base::JsonObject& members = next.value.as_object();
  members["count"] = base::int_at(live.value, "count") + 1;
  members["lastTimestamp"] = repeat.at("lastTimestamp");
  return next;
}

// Such a namespace takes no new Events, and nobody is left to read them: no loss. As upstream's recorder.
bool is_of_ending_namespace(const base::Status& status) {
  return std::ranges::any_of(status.details().causes,
                             [](const base::Cause& cause) { return cause.reason == "NamespaceTerminating"; });
}

}  // namespace

EventRecorder::EventRecorder(ObjectWriter& writer, const ObjectReader& reader, base::Clock& clock,
                             base::Metrics* metrics)
    : writer_(writer), reader_(reader), clock_(clock) {
  if (metrics) lost_ = metrics->counter("berth_events_lost_total", "Events that could not be written.");
}

Task<void> EventRecorder::note(Caller caller, const Kind& kind, const Json& object, EventNote note) {
  std::exception_ptr failed;
  const std::string reason = note.reason;
  try {
    co_await write(caller, first_event(kind, object, note, clock_.now()));
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return;
  const base::Status status = base::to_status(failed);
  if (is_of_ending_namespace(status)) co_return;
  lost_.increment();
  base::log_warning("an Event was not written", {{"reason", reason}, {"error", status.message()}});
}

Task<void> EventRecorder::write(const Caller& caller, Json event) {
  const Target target = target_of(event_kind(), std::string(base::string_at(event, "metadata.namespace")),
                                  std::string(base::string_at(event, "metadata.name")));
  if (!reader_.entry(target)) {
    Body body{event, {}};
    try {
      co_await writer_.create(caller, event_kind(), target.ns, std::move(body), {});
      co_return;
    } catch (const base::Status& status) {
      if (status.reason() != base::Reason::AlreadyExists) throw;
    }
  }
  const Rewrite how{Origin::Server, Part::Main, "update", {}};
  co_await writer_.rewrite(caller, target, how, [&event](const Live& live) { return counted_again(live, event); });
}

}  // namespace berth::resources
