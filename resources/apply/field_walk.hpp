// SPDX-License-Identifier: Apache-2.0
#pragma once
// What server-side apply does with objects of one schema: which fields they set, how two differ, one merged into
// another, fields taken out. Upstream's typed values; values of a wrong type are taken whole, for validation to name.
// https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/typed
#include "base/json.hpp"
#include "resources/apply/field_set.hpp"
#include "schemas/schema.hpp"

namespace berth::resources {

using base::Json;
using schemas::Schema;

// Every field that the object mentions.
FieldSet fields_of(const Schema& schema, const Json& object);

struct FieldChanges {
  FieldSet removed;
  FieldSet modified;
  FieldSet added;
};
FieldChanges compare_fields(const Schema& schema, const Json& before, const Json& after);

// What the configuration says wins; whatever else the object has stays. Items that both have keep the object's order
// unless the configuration's differs.
void merge_fields(const Schema& schema, Json& object, const Json& configuration);

// What is left of an object or list by taking out its last part is null.
void remove_fields(const Schema& schema, Json& object, const FieldSet& fields);

// The set with every declared property that something below it is in the set of.
FieldSet with_named_fields(const Schema& schema, FieldSet fields);

// A set from before a list or map became atomic has what is below it: it gets the whole in its stead.
void collapse_atomic(const Schema& schema, FieldSet& fields);

}  // namespace berth::resources
