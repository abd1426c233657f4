// SPDX-License-Identifier: Apache-2.0
#include "resources/denial_journal.hpp"

namespace berth::resources {
namespace {

// Denials beyond so many kinds in one minute share one count per verb: paths and resources are the caller's own words.
constexpr std::size_t kMostKeys = 4096;
// No name that exists is longer; a path is cut.
constexpr std::size_t kMostNameBytes = 253;
constexpr std::size_t kMostMessageBytes = 1024;

Denial shortened(Denial denial) {
  for (std::string* text : {&denial.resource, &denial.ns, &denial.name}) {
    *text = text->substr(0, kMostNameBytes);
  }
  denial.message = denial.message.substr(0, kMostMessageBytes);
  return denial;
}

// "192.0.2.7:51234" without its port, which is another for each connection.
std::string host_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string::npos ? address : address.substr(0, colon);
}

}  // namespace

Task<void> DenialJournal::note(Caller caller, Denial denial) {
  const std::vector<std::string> records = due_records(caller, shortened(std::move(denial)), clock_.now());
  for (const std::string& record : records) co_await store_.append(std::string(kAuditJournal), record);
}

std::vector<std::string> DenialJournal::due_records(const Caller& caller, const Denial& denial, base::WallTime now) {
  const std::int64_t number = std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count();
  return minute_.with([&](Minute& minute) {
    std::vector<std::string> records;
    if (minute.number != number) {
      for (const auto& [key, repeated] : minute.seen) {
        if (repeated.count == 0) continue;
        records.push_back(denial_record(repeated.caller, repeated.denial, repeated.count, now));
      }
      minute = {number, {}};
    }
    Key key{caller.user, host_of(caller.source_address), denial.verb, denial.resource};
    if (minute.seen.size() >= kMostKeys && !minute.seen.contains(key)) key = {"", "", denial.verb, ""};
    const auto [entry, first] = minute.seen.try_emplace(std::move(key), Repeated{caller, denial, 0});
    if (first) {
      records.push_back(denial_record(caller, denial, 1, now));
    } else {
      ++entry->second.count;
    }
    return records;
  });
}

}  // namespace berth::resources
