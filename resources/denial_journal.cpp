// SPDX-License-Identifier: Apache-2.0
#include "resources/denial_journal.hpp"

namespace berth::resources {
namespace {

// Callers beyond so many in one minute share one count per verb and resource.
constexpr std::size_t kMostKeys = 4096;

// "192.0.2.7:51234" without its port, which is another for each connection.
std::string host_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string::npos ? address : address.substr(0, colon);
}

}  // namespace

Task<void> DenialJournal::note(Caller caller, Denial denial) {
  const std::vector<std::string> records = due_records(caller, denial, clock_.now());
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
    if (minute.seen.size() >= kMostKeys && !minute.seen.contains(key)) key = {"", "", denial.verb, denial.resource};
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
