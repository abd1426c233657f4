// SPDX-License-Identifier: Apache-2.0
#include "schemas/place.hpp"

namespace berth::schemas {

std::string Place::text() const {
  if (step_ == Step::Root) return "";
  std::string text = parent_->text();
  switch (step_) {
    case Step::Root:
      break;
    case Step::Field:
      if (!text.empty()) text += '.';
      text += name_;
      break;
    case Step::Key:
      text += '[';
      text += name_;
      text += ']';
      break;
    case Step::Item:
      text += '[' + std::to_string(index_) + ']';
      break;
  }
  return text;
}

}  // namespace berth::schemas
