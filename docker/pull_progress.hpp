// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a pull is, from the lines of its stream.
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::docker {

class PullProgress {
 public:
  struct Layer {
    std::string id;
    std::string status;        // the engine's word, "Downloading"
    std::int64_t current = 0;  // bytes
    std::int64_t total = 0;    // 0 until it is begun
    bool done = false;
    bool operator==(const Layer&) const = default;
  };

  // True when the line tells something new.
  bool add(const base::Json& line);
  // "2 of 5 layers, 12.3 of 40 MiB"; "" while the engine has told of no layer. A size is known once its layer is begun.
  std::string text() const;
  // In the order in which the engine began to tell of them.
  const std::vector<Layer>& layers() const { return layers_; }

 private:
  std::vector<Layer> layers_;
};

}  // namespace berth::docker
