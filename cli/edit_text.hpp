// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text that a user edits: a head of comments with what went wrong, and the objects as YAML.
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace berth::cli {

// Why the file is opened again: a line, and one for each cause.
struct EditReason {
  std::string head;
  std::vector<std::string> causes;
};

// A refusal of `label` as such a reason.
EditReason reason_of(const std::string& label, const base::Status& status);

std::string edit_head(const std::vector<EditReason>& reasons);

// Without lines that start with '#'. Content of an object is indented, so that none of it is lost.
std::string without_comments(std::string_view text);

// True when nothing but comments and white space is left.
bool is_blank(std::string_view text);

}  // namespace berth::cli
