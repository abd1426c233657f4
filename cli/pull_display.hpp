// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a pull is, for people: redrawn in place on a terminal, a line for each change of a layer elsewhere. Pure.
#include <cstddef>
#include <map>
#include <string>

#include "base/json.hpp"

namespace berth::cli {

class PullDisplay {
 public:
  enum class On { Terminal, Lines };
  PullDisplay(std::string reference, On on) : reference_(std::move(reference)), on_(on) {}

  // What to print for an ImagePullProgress.
  std::string show(const base::Json& progress);
  // What takes away that which show() has drawn in place.
  std::string clear();

 private:
  std::string show_lines(const base::Json& progress);
  std::string draw(const base::Json& progress);

  const std::string reference_;
  const On on_;
  std::map<std::string, std::string> said_;  // the word for each layer
  std::size_t drawn_ = 0;                    // lines above the cursor
};

}  // namespace berth::cli
