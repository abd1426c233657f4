// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "resources/object_reader.hpp"

namespace berth::resources {

// The watch of resources.hpp over the store's. Throws BadRequest for a bad selector or version; `reader` outlives it.
std::unique_ptr<ObjectWatch> watch_objects(const ObjectReader& reader, const Kind& kind, const std::string& ns,
                                           const WatchOptions& options, base::Executor loop);

}  // namespace berth::resources
