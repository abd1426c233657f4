// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a first start makes: the namespaces that Berth needs, its instance id and the key of its spec hashes.
#include <string>

#include "resources/object_writer.hpp"

namespace berth::resources {

struct InstanceFacts {
  std::string instance;
  base::Key32 hash_key;
};

// Makes what is missing. `instance_override` "" keeps the stored id, or makes one; else it is stored. Throws
// BadRequest for an id that is no label value.
Task<InstanceFacts> bootstrap(ObjectWriter& writer, store::Store& store, const store::KeyRing& keys,
                              std::string instance_override);

}  // namespace berth::resources
