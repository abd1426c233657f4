// SPDX-License-Identifier: Apache-2.0
#include "store/checkpoint_file.hpp"

#include "base/hex_digit.hpp"
#include "base/private_file.hpp"
#include "base/status.hpp"

namespace berth::store {
namespace {

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = base::hex_value(text[i]);
    const int low = base::hex_value(text[i + 1]);
    if (high < 0 || low < 0) return "";
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace

CheckpointFile::CheckpointFile(std::filesystem::path file, const base::Key32& key) : file_(std::move(file)), key_(key) {
  if (!std::filesystem::exists(file_)) return;
  std::string text = base::read_private_file(file_);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = std::string_view(text).substr(from, end - from);
    const std::size_t space = std::min(line.rfind(' '), line.size());
    const std::string journal(line.substr(0, space));
    auto mark = open_mark(key_, MarkKind::Checkpoint, journal, from_hex(line.substr(std::min(space + 1, line.size()))));
    if (!mark) {
      throw base::internal_error(file_.string() + " is damaged: the checkpoint of journal \"" + journal +
                                 "\" does not hold; bring the file back, or remove it to do without what it says of "
                                 "the journal's end");
    }
    marks_[journal] = std::move(*mark);
    from = end + 1;
  }
}

void CheckpointFile::advance(const JournalMarks& marks) {
  for (const auto& [journal, mark] : marks) {
    JournalMark& known = marks_[journal];
    if (mark.head.sequence > known.head.sequence) known = mark;
  }
  std::string text;
  for (const auto& [journal, mark] : marks_) {
    text.append(journal).append(" ");
    text.append(base::to_hex(seal_mark(key_, MarkKind::Checkpoint, journal, mark))).append("\n");
  }
  base::write_private_file(file_, text);
}

}  // namespace berth::store
