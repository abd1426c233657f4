// SPDX-License-Identifier: Apache-2.0
#pragma once
// precompiled.hpp for the tests of this floor, most of which have a server.
#include "api/server_testing.hpp"
#include "base/precompiled_testing.hpp"
