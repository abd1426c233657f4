// SPDX-License-Identifier: Apache-2.0
#pragma once
// The revision floor: a small file outside the database that says which revisions may have been handed out, so that
// none is handed out twice even when the database comes back older than it was. It is written ahead, a block at a
// time, and exactly at a clean close.
#include <filesystem>
#include <optional>

#include "store/store.hpp"

namespace berth::store {

class RevisionFloor {
 public:
  static constexpr Revision kBlock = 10'000;
  // Nobody gets here by writing. Half of what the type holds, so that the blocks above it do not wrap, and clients
  // that keep revisions in a signed number still can.
  static constexpr Revision kMax = ~Revision{0} >> 1;

  // Reads the file and holds it to the database. Throws InternalError that names the file when it is damaged, or
  // holds a number past kMax, or when a clean close recorded a revision that the database has not reached:
  // acknowledged writes are lost.
  RevisionFloor(std::filesystem::path file, Revision stored);

  // The first revision to hand out.
  Revision next() const { return next_; }
  // Must be called before `revision` is handed out. Writes only when it crosses into a new block; throws
  // ServiceUnavailable when it cannot, and nothing was handed out then.
  void cover(Revision revision);
  // After the last write: the database holds all up to `revision`.
  void close_clean(Revision revision);

 private:
  enum class Kind { Exact, Ahead };
  void write(Kind kind, Revision revision);

  std::filesystem::path file_;
  Revision next_ = 1;
  Revision covered_ = 0;
};

}  // namespace berth::store
