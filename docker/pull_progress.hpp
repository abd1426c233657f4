// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a pull is, from the lines of its stream.
#include <cstdint>
#include <map>
#include <string>

#include "base/json.hpp"

namespace berth::docker {

class PullProgress {
 public:
  void add(const base::Json& line);
  // "2 of 5 layers, 12.3 of 40 MiB"; "" while the engine has told of no layer. A size is known once its layer is begun.
  std::string text() const;

 private:
  struct Layer {
    std::int64_t current = 0;  // bytes
    std::int64_t total = 0;
    bool done = false;
  };
  std::map<std::string, Layer> layers_;
};

}  // namespace berth::docker
