// SPDX-License-Identifier: Apache-2.0
#pragma once
// What most reconcilers include one way or another.
#include "base/precompiled.hpp"
#include "controller/controller.hpp"
#include "docker/engines.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"
