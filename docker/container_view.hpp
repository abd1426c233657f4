// SPDX-License-Identifier: Apache-2.0
#pragma once
// From an inspect to a view, and whether a row of the list tells something that a view does not know.
#include <memory>

#include "docker/engines.hpp"

namespace berth::docker {

std::shared_ptr<const ContainerView> make_container_view(Json inspect);

// `row` is an element of GET /containers/json.
bool row_differs(const Json& row, const ContainerView& view);

}  // namespace berth::docker
