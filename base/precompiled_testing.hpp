// SPDX-License-Identifier: Apache-2.0
#pragma once
// precompiled.hpp for the tests of every floor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/precompiled.hpp"
