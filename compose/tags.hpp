// SPDX-License-Identifier: Apache-2.0
#pragma once
// !reset and !override: a value with one of them drops what earlier files say at its path; !reset is itself dropped
// too. They come out of the YAML loader as base::tagged_key, and go once their file is merged.
#include "base/json.hpp"

namespace berth::compose {

using base::Json;
using base::JsonObject;

// Without the tags, and without what !reset drops.
Json without_tags(const Json& value);

// Erases from `earlier` whatever a tag in `later` stands at.
void erase_tagged(Json& earlier, const Json& later);

// Puts the tags of `from` at the same paths of `into`, for a file that is not merged for the last time.
void copy_tags(Json& into, const Json& from);

}  // namespace berth::compose
