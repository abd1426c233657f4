// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stack wants of its containers beyond their specs, which never hold it: so a human's Stop of one container
// stands when the stack as a whole goes on.
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// The container's desiredState and suspend, as its stack has them where that says more.
void follow_stack(const resources::Resources& resources, schemas::Container& container);

}  // namespace berth::reconcilers
