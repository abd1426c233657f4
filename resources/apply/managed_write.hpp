// SPDX-License-Identifier: Apache-2.0
#pragma once
// metadata.managedFields on a write's way to the store.
#include <optional>
#include <string>

#include "resources/apply/field_writer.hpp"
#include "resources/request/caller.hpp"

namespace berth::resources {

// The manager that the request names; Berth's own loops are one.
std::string manager_of(const Caller& caller, const WriteOptions& options);

// What a request's body says of managedFields; nothing through /status, which may not.
std::optional<Json> sent_managed_fields(Part part, const Json& body);

// Of a new object, which may bring entries of its own.
ManagedFields managed_at_creation(const Kind& kind, const Json& object, const std::optional<Json>& sent,
                                  const FieldWriter& writer);

// Of an object that `live` becomes: what an apply made them, or what the writer's change does to them. An object that
// has none stays without until it is applied. Where nothing but times would change they are the live ones.
ManagedFields managed_after(const Kind& kind, const Json& live, const std::optional<Json>& sent,
                            const std::optional<ManagedFields>& applied, const Json& next, const FieldWriter& writer);

}  // namespace berth::resources
