// SPDX-License-Identifier: Apache-2.0
#include "store/revision_floor.hpp"

#include <charconv>

#include "base/log.hpp"
#include "base/private_file.hpp"

namespace berth::store {
namespace {

constexpr std::string_view kExact = "exact ";
constexpr std::string_view kAhead = "ahead ";

}  // namespace

RevisionFloor::RevisionFloor(std::filesystem::path file, Revision stored) : file_(std::move(file)), next_(stored + 1) {
  if (!std::filesystem::exists(file_)) {
    if (stored == 0) return;
    base::log_warning("the revision floor is missing; skipping a block of revisions", {{"file", file_.string()}});
    next_ = stored + kBlock + 1;
    return;
  }
  const std::string text = base::read_private_file(file_);
  const bool exact = text.starts_with(kExact);
  const char* const end = text.data() + text.size();
  Revision floor = 0;
  const auto parsed = std::from_chars(text.data() + kExact.size(), end, floor);
  if ((!exact && !text.starts_with(kAhead)) || parsed.ec != std::errc() || std::string_view(parsed.ptr, end) != "\n") {
    throw base::internal_error(file_.string() + " is damaged: want \"exact N\" or \"ahead N\"");
  }
  if (floor > kMax) {
    throw base::internal_error(file_.string() + " is damaged: revision " + std::to_string(floor) +
                               " is past what can be handed out, " + std::to_string(kMax) +
                               "; bring the file back from a backup, or remove it to go on 10000 revisions past the "
                               "database's newest");
  }
  if (exact && stored < floor) {
    throw base::internal_error("acknowledged writes are lost: " + file_.string() + " records revision " +
                               std::to_string(floor) + " at the last clean close, the database ends at " +
                               std::to_string(stored) +
                               "; restore the database, or remove the file to accept the loss");
  }
  next_ = std::max(stored, floor) + 1;
}

void RevisionFloor::cover(Revision revision) {
  if (revision <= covered_) return;
  const Revision ahead = revision + kBlock;
  try {
    write(Kind::Ahead, ahead);
  } catch (const base::Status& status) {
    throw base::unavailable("revision floor: " + status.message(), std::chrono::seconds(5));
  }
  covered_ = ahead;
}

void RevisionFloor::close_clean(Revision revision) {
  // Nothing was committed since the open: what the file says still holds.
  if (covered_ == 0 || revision < next_) return;
  write(Kind::Exact, revision);
  covered_ = 0;
}

void RevisionFloor::write(Kind kind, Revision revision) {
  std::string text(kind == Kind::Exact ? kExact : kAhead);
  base::write_private_file(file_, text.append(std::to_string(revision)).append("\n"));
}

}  // namespace berth::store
