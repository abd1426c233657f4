// SPDX-License-Identifier: Apache-2.0
#pragma once
// precompiled.hpp for the tests of this floor, most of which have Resources over a memory store.
#include "base/precompiled_testing.hpp"
#include "resources/resources_fixture.hpp"
