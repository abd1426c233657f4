// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/action_journal.hpp"

#include <charconv>
#include <map>

#include "base/log.hpp"
#include "resources/audit/audit.hpp"

namespace berth::resources {
namespace {

constexpr std::string_view kMarkName = "actions-closed-to";
constexpr std::size_t kPage = 1000;
// How many records may lie behind the mark before it moves: one small durable write in so many.
constexpr std::uint64_t kMarkEvery = 1000;

std::uint64_t stored_mark(const store::Store& store) {
  const auto text = store.get_meta(kMarkName);
  std::uint64_t mark = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), mark);
  return mark;
}

// What a start finds after the mark.
struct Tail {
  std::map<std::uint64_t, std::string> open;  // intents' records by sequence
  std::uint64_t last = 0;
};

Tail read_tail(const store::Store& store, std::uint64_t mark) {
  Tail tail{{}, mark};
  while (true) {
    const auto records = store.read_journal(kAuditJournal, tail.last + 1, kPage);
    if (records.empty()) return tail;
    tail.last = records.back().sequence;
    for (const store::JournalRecord& record : records) {
      const auto action = action_mark(record.sequence, record.bytes);
      if (!action) continue;
      if (action->phase == ActionMark::Phase::Intent) {
        tail.open.emplace(record.sequence, record.bytes);
      } else {
        tail.open.erase(action->intent);
      }
    }
  }
}

}  // namespace

ActionJournal::ActionJournal(store::Store& store, base::Clock& clock, base::Metrics* metrics)
    : store_(store), clock_(clock) {
  if (metrics == nullptr) return;
  lost_ = metrics->counter("berth_audit_outcomes_lost_total",
                           "Engine actions whose outcome could not be recorded; unknown after the next start.");
}

Task<std::uint64_t> ActionJournal::begin(Caller caller, EngineAction action) {
  ++open_;
  try {
    co_return co_await store_.append(std::string(kAuditJournal), intent_record(caller, action, clock_.now()));
  } catch (const base::Status& status) {
    // Any other failure may still have reached the disk: the count then stays, and with it the mark.
    if (status.reason() == base::Reason::ServiceUnavailable) --open_;
    throw;
  }
}

Task<void> ActionJournal::end(Caller caller, std::uint64_t intent, EngineAction action, EngineOutcome outcome) {
  const std::uint64_t sequence =
      co_await append_outcome(intent, action, outcome_record(caller, intent, action, outcome, clock_.now()));
  // Whoever began before this record counted itself first.
  if (--open_ != 0) co_return;
  std::uint64_t mark = mark_;
  if (sequence < mark + kMarkEvery || !mark_.compare_exchange_strong(mark, sequence)) co_return;
  co_await move_mark(sequence);
}

Task<std::uint64_t> ActionJournal::append_outcome(std::uint64_t intent, const EngineAction& action,
                                                  std::string record) {
  try {
    co_return co_await store_.append(std::string(kAuditJournal), std::move(record));
  } catch (const std::exception& error) {
    lost_.increment();
    base::log_error("the outcome of an engine action is not on record", {{"intent", std::to_string(intent)},
                                                                         {"action", action.action},
                                                                         {"host", action.host},
                                                                         {"target", action.target},
                                                                         {"error", error.what()}});
    throw;
  }
}

Task<void> ActionJournal::close_open() {
  const Tail tail = read_tail(store_, stored_mark(store_));
  const Caller caller = controller_caller("audit");
  std::uint64_t last = tail.last;
  for (const auto& [intent, bytes] : tail.open) {
    last =
        co_await store_.append(std::string(kAuditJournal), unknown_outcome_record(caller, intent, bytes, clock_.now()));
  }
  mark_ = last;
  co_await move_mark(last);
}

Task<void> ActionJournal::move_mark(std::uint64_t sequence) {
  co_await store_.put_meta(std::string(kMarkName), std::to_string(sequence));
}

}  // namespace berth::resources
