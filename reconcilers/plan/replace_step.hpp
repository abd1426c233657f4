// SPDX-License-Identifier: Apache-2.0
#pragma once
// The steps of a replace, in order, and of its rollback. One list: the plan marks its actions with them, and tests
// end the process at each.
#include <string_view>
#include <vector>

namespace berth::reconcilers {

enum class ReplaceStep {
  None,
  CreateNext,
  PutFiles,
  PolicyOld,
  StopOld,
  StartNext,
  NameNext,
  RemoveOld,
  RenameNext,
  RecordFailure,
  StopNext,
  RemoveNext,
  RestorePolicyOld,
  StartOld,
};

// "create-next"; "" for None.
std::string_view to_string(ReplaceStep step);
const std::vector<ReplaceStep>& replace_steps();  // without None

}  // namespace berth::reconcilers
