// SPDX-License-Identifier: Apache-2.0
#pragma once
// An object as the bytes that the store keeps: canonical JSON with one gap, the value of metadata.resourceVersion.
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "store/store.hpp"

namespace berth::resources {

// Serialises once. What metadata.resourceVersion holds is left out. `object` is an object with an object metadata;
// `managed_fields`, canonical JSON, takes the place of its metadata.managedFields unless it is empty.
store::Draft make_draft(const base::Json& object, std::string_view managed_fields = {});

std::string fill(const store::Draft& draft, store::Revision revision);

// Whether `bytes` are what the draft gives at some revision: nothing but the revision differs.
bool same_but_revision(const store::Draft& draft, std::string_view bytes);

}  // namespace berth::resources
