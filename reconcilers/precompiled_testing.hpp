// SPDX-License-Identifier: Apache-2.0
#pragma once
// precompiled.hpp for the tests of this floor, which drive a whole world each.
#include "base/precompiled_testing.hpp"
#include "reconcilers/world_fixture.hpp"
