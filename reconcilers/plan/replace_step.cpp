// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/replace_step.hpp"

namespace berth::reconcilers {

std::string_view to_string(ReplaceStep step) {
  switch (step) {
    case ReplaceStep::None:
      return "";
    case ReplaceStep::CreateNext:
      return "create-next";
    case ReplaceStep::PutFiles:
      return "put-files";
    case ReplaceStep::PolicyOld:
      return "policy-old";
    case ReplaceStep::StopOld:
      return "stop-old";
    case ReplaceStep::StartNext:
      return "start-next";
    case ReplaceStep::NameNext:
      return "name-next";
    case ReplaceStep::RemoveOld:
      return "remove-old";
    case ReplaceStep::RenameNext:
      return "rename-next";
    case ReplaceStep::RecordFailure:
      return "record-failure";
    case ReplaceStep::StopNext:
      return "stop-next";
    case ReplaceStep::RemoveNext:
      return "remove-next";
    case ReplaceStep::RestorePolicyOld:
      return "restore-policy-old";
    case ReplaceStep::StartOld:
      return "start-old";
  }
  return "";
}

const std::vector<ReplaceStep>& replace_steps() {
  static const std::vector<ReplaceStep> kSteps = {
      ReplaceStep::CreateNext,    ReplaceStep::PutFiles, ReplaceStep::PolicyOld,  ReplaceStep::StopOld,
      ReplaceStep::StartNext,     ReplaceStep::NameNext, ReplaceStep::RemoveOld,  ReplaceStep::RenameNext,
      ReplaceStep::RecordFailure, ReplaceStep::StopNext, ReplaceStep::RemoveNext, ReplaceStep::RestorePolicyOld,
      ReplaceStep::StartOld};
  return kSteps;
}

}  // namespace berth::reconcilers
