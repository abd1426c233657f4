// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "schemas/catalog.hpp"

namespace berth::controller {

// The served kinds that objects of `kind` may refer to: the x-berth-ref marks of its declaration, each kind once.
std::vector<const schemas::Kind*> referenced_kinds(const schemas::Kind& kind);

}  // namespace berth::controller
