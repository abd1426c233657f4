// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "reconcilers/pass/verdict.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// A fresh list of conditions beside the one of before: lastTransitionTime moves only when a status does.
class ConditionList {
 public:
  ConditionList(const std::vector<schemas::Condition>& before, std::int64_t generation, base::WallTime now);
  // The engine's words may be long; a message is cut at 4 KiB.
  void set(const char* type, const Verdict& verdict);
  std::vector<schemas::Condition> take() { return std::move(conditions_); }

 private:
  const std::vector<schemas::Condition>& before_;
  std::int64_t generation_;
  std::string now_;
  std::vector<schemas::Condition> conditions_;
};

const schemas::Condition* find_condition(const std::vector<schemas::Condition>& conditions, std::string_view type);

}  // namespace berth::reconcilers
