// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/condition_list.hpp"

namespace berth::reconcilers {
namespace {

constexpr std::size_t kLongestMessage = 4096;

std::string cut(const std::string& message) {
  if (message.size() <= kLongestMessage) return message;
  std::size_t end = kLongestMessage;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return message.substr(0, end) + "...";
}

}  // namespace

ConditionList::ConditionList(const std::vector<schemas::Condition>& before, std::int64_t generation, base::WallTime now)
    : before_(before), generation_(generation), now_(base::format_time(now)) {}

void ConditionList::set(const char* type, const Verdict& verdict) {
  schemas::Condition condition;
  condition.type = type;
  condition.status = to_string(verdict.status);
  condition.observed_generation = generation_;
  condition.reason = verdict.reason;
  condition.message = cut(verdict.message);
  const schemas::Condition* last = find_condition(before_, type);
  const bool same = last && last->status == condition.status && !last->last_transition_time.empty();
  condition.last_transition_time = same ? last->last_transition_time : now_;
  conditions_.push_back(std::move(condition));
}

const schemas::Condition* find_condition(const std::vector<schemas::Condition>& conditions, std::string_view type) {
  for (const schemas::Condition& condition : conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

}  // namespace berth::reconcilers
