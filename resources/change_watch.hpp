// SPDX-License-Identifier: Apache-2.0
#pragma once
// The changes, of every kind, after which something may be left to collect: an object ended, is about to end, or has
// or had owners. Which they are is told by the index; nothing is parsed for it.
#include <optional>

#include "resources/request/request.hpp"

namespace berth::resources {

struct Place {
  const Kind* kind = nullptr;
  std::string ns;  // "" for cluster-scoped kinds
  std::string name;
  bool operator==(const Place&) const = default;
};

// The objects are as they are stored: sealed fields stay sealed.
struct ObjectChange {
  Place place;
  enum class Type { Put, Gone } type = Type::Put;
  Object object;                 // Gone: the last state
  std::optional<Object> before;  // what it replaced
};

// Begins with the present objects. Ends by throwing Expired (then a new one begins with the present again) or
// Cancelled. On one loop.
class ChangeWatch {
 public:
  virtual ~ChangeWatch() = default;
  // At least one.
  virtual Task<std::vector<ObjectChange>> next() = 0;
};

// `store` outlives it.
std::unique_ptr<ChangeWatch> watch_changes(store::Store& store, base::Executor loop);

}  // namespace berth::resources
