// SPDX-License-Identifier: Apache-2.0
#include "cli/edit_text.hpp"

namespace berth::cli {
namespace {

// A line end inside would end the comment.
void add_comment(std::string& text, std::string_view start, std::string_view line) {
  text += start;
  for (const char c : line) {
    text += c;
    if (c == '\n') text += "# ";
  }
  text += '\n';
}

}  // namespace

EditReason reason_of(const std::string& label, const base::Status& status) {
  EditReason reason{.head = label + " was not valid", .causes = {}};
  for (const base::Cause& cause : status.details().causes) {
    reason.causes.push_back(cause.field.empty() ? cause.message : cause.field + ": " + cause.message);
  }
  if (reason.causes.empty()) reason.causes.push_back(status.message());
  return reason;
}

std::string edit_head(const std::vector<EditReason>& reasons) {
  std::string text =
      "# Edit the object below. Lines that start with '#' are ignored, and an empty file cancels the edit.\n"
      "# When it cannot be saved, it is opened again with the reasons here.\n#\n";
  for (const EditReason& reason : reasons) {
    add_comment(text, "# ", reason.head + (reason.causes.empty() ? "" : ":"));
    for (const std::string& cause : reason.causes) add_comment(text, "# * ", cause);
    text += "#\n";
  }
  return text;
}

std::string without_comments(std::string_view text) {
  std::string kept;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size() - 1);
    const std::string_view line = text.substr(from, end + 1 - from);
    if (!line.starts_with('#')) kept += line;
    from = end + 1;
  }
  return kept;
}

bool is_blank(std::string_view text) {
  return without_comments(text).find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace berth::cli
