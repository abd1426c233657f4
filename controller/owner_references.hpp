// SPDX-License-Identifier: Apache-2.0
#pragma once
// metadata.ownerReferences: who an object belongs to. Pure functions.
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::controller {

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool blocks = false;  // blockOwnerDeletion: a foreground deletion of the owner waits for the dependent
};

std::vector<OwnerReference> owner_references(const base::Json& object);
// Takes out the references to these uids; false when there is none.
bool drop_owners(base::Json& object, const std::set<std::string>& uids);
// No owner waits for the object any more; false when none did.
bool unblock_owners(base::Json& object);

}  // namespace berth::controller
