// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/denial_journal.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/status.hpp"
#include "base/utf8.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {
namespace {

// What there is room for in a minute. An actor's first kind always has some: paths and resources are words that a
// caller makes up, and must not hide what others do.
constexpr std::size_t kMostKinds = 64;
constexpr std::size_t kMostKindsOfAll = 4096;
constexpr std::size_t kMostActors = 1024;
// Who is one too many is counted with the others that are.
constexpr const char* kEverybody = "system:authenticated";

// No name that exists is longer; a path is cut.
constexpr std::size_t kMostNameBytes = 253;
constexpr std::size_t kMostMessageBytes = 1024;
constexpr std::string_view kImpersonate = "impersonate";

Denial shortened(Denial denial) {
  for (std::string* text : {&denial.resource, &denial.ns, &denial.name}) {
    *text = base::truncated(*text, kMostNameBytes);
  }
  denial.message = base::truncated(denial.message, kMostMessageBytes);
  return denial;
}

// "192.0.2.7:51234" without its port, which is another for each connection.
std::string host_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string::npos ? address : address.substr(0, colon);
}

bool is_served(const Denial& denial) {
  if (denial.resource.starts_with('/') || denial.verb == kImpersonate) return true;
  const DeniedResource wanted = denied_resource(denial);
  return std::ranges::any_of(schemas::Catalog::instance().kinds(), [&](const Kind& kind) {
    return kind.group == wanted.group && kind.plural == wanted.plural;
  });
}

std::int64_t minute_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

Denial several(std::string verb, std::string message) { return {std::move(verb), "*", "", "", std::move(message)}; }

}  // namespace

Task<void> DenialJournal::note(Caller caller, Denial denial) {
  const std::vector<std::string> records =
      due_records(recordable(std::move(caller)), shortened(std::move(denial)), clock_.now());
  co_await append(records);
}

Task<void> DenialJournal::append(std::vector<std::string> records) {
  for (std::string& record : records) co_await store_.append(std::string(kAuditJournal), std::move(record));
}

Task<void> DenialJournal::keep() {
  for (;;) {
    const base::WallTime now = clock_.now();
    const base::WallTime over = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(1);
    co_await clock_.sleep_for(over - now);
    try {
      const base::WallTime then = clock_.now();
      const std::int64_t number = minute_of(then);
      co_await append(minute_.with([&](Minute& minute) { return closed(minute, number, then); }));
    } catch (const base::Status& status) {
      if (status.reason() == base::Reason::Cancelled) throw;
      base::log_warning("cannot put denials on record", {{"error", status.what()}});
    }
  }
}

Task<void> DenialJournal::flush() {
  constexpr std::int64_t kNone = -1;
  const base::WallTime now = clock_.now();
  co_await append(minute_.with([&](Minute& minute) { return closed(minute, kNone, now); }));
}

std::vector<std::string> DenialJournal::closed(Minute& minute, std::int64_t number, base::WallTime now) {
  std::vector<std::string> records;
  if (minute.number == number) return records;
  const auto close = [&](const Repeated& repeated) {
    if (repeated.repeats.count == 0) return;
    records.push_back(denial_record(repeated.caller, repeated.denial, repeated.repeats, now));
  };
  for (const auto& [who, actor] : minute.actors) {
    for (const auto& [key, repeated] : actor.kinds) close(repeated);
    if (actor.beyond) close(*actor.beyond);
  }
  minute = {};
  minute.number = number;
  return records;
}

std::pair<DenialJournal::Repeated&, bool> DenialJournal::place_of(Minute& minute, const Caller& caller,
                                                                  const Denial& denial) {
  std::string who = caller.answerable();
  if (minute.actors.size() >= kMostActors && !minute.actors.contains(who)) who = kEverybody;
  Actor& actor = minute.actors[who];
  const bool served = is_served(denial);
  Key key{caller.user, caller.impersonator,           host_of(caller.source_address),
          denial.verb, served ? denial.resource : "", denial.verb == kImpersonate ? denial.name : ""};
  if (const auto known = actor.kinds.find(key); known != actor.kinds.end()) return {known->second, false};
  const bool full = minute.kinds >= kMostKindsOfAll && !actor.kinds.empty();
  if (!full && actor.kinds.size() < kMostKinds && who != kEverybody) {
    ++minute.kinds;
    Denial shown = served ? denial : several(denial.verb, "resources that are not served");
    return {actor.kinds.emplace(std::move(key), Repeated{caller, std::move(shown)}).first->second, true};
  }
  if (actor.beyond) return {*actor.beyond, false};
  Caller all;
  all.user = std::move(who);
  return {actor.beyond.emplace(Repeated{std::move(all), several("*", "more kinds of denials than have a record each")}),
          true};
}

std::vector<std::string> DenialJournal::due_records(const Caller& caller, const Denial& denial, base::WallTime now) {
  return minute_.with([&](Minute& minute) {
    std::vector<std::string> records = closed(minute, minute_of(now), now);
    const auto [place, first] = place_of(minute, caller, denial);
    if (first) {
      records.push_back(denial_record(caller, denial, now));
      return records;
    }
    Repeats& repeats = place.repeats;
    if (repeats.count++ == 0) repeats.first = now;
    repeats.last = now;
    return records;
  });
}

}  // namespace berth::resources
