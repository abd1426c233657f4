// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a schema says of one object. Pure functions over JSON. Every problem is reported with its field path
// ("spec.ports[0].hostPort", "metadata.labels[app]"), never just the first.
#include <string>
#include <vector>

#include "base/status.hpp"
#include "schemas/catalog.hpp"

namespace berth::schemas {

// Removes fields that the schema does not know and returns their paths, in document order. metadata is pruned by
// ObjectMeta's own fields; apiVersion and kind stay.
std::vector<std::string> prune(const Kind& kind, Json& object);

// Fills defaults in, in place; explicit nulls become the default, or are dropped where there is none. In a built-in
// kind's map of texts, such as a ConfigMap's data, a null is the empty text, and base64 loses its line breaks. Maps and
// lists that are empty go, in metadata and anywhere in a built-in kind, where upstream's Go type leaves them out.
void apply_defaults(const Kind& kind, Json& object);

// The same inside of atomic lists and maps alone, which are one value each: with the defaults of what is in them they
// compare as the stored object's do. For a kind of ours; a built-in kind has no such defaults.
void complete_atomic(const Kind& kind, Json& object);

// Types, formats, enums, bounds, required fields, unknown enum values, the x-berth marks, metadata (name, namespace,
// labels, annotations, finalizers), and fields whose behaviour is not served yet (see not_served.yaml).
std::vector<base::Cause> validate(const Kind& kind, const Json& object);

// The same plus immutable fields: `before` is the stored object.
std::vector<base::Cause> validate_update(const Kind& kind, const Json& object, const Json& before);

// 422 with upstream's words: `Container.berth.dev "web" is invalid: spec.image: Required value`.
base::Status invalid(const Kind& kind, std::string_view name, std::vector<base::Cause> causes);

// A reference from one object to another, by its mark.
struct Reference {
  std::string kind;  // "Secret"
  std::string ns;    // "" for a cluster-scoped target
  std::string name;
  std::string field;  // path of the reference
  std::string key;    // for secretKeyRef and configMapKeyRef: the key inside; else ""
  bool optional = false;
  bool operator==(const Reference&) const = default;
};
std::vector<Reference> references(const Kind& kind, const Json& object);

// Dotted paths of the fields marked x-berth-sealed, such as {"data", "stringData"} for Secret.
const std::vector<std::string>& sealed_fields(const Kind& kind);

// One Table row's cells (NAME first, AGE last) in the order of table_columns().
Json table_cells(const Kind& kind, const Json& object, std::chrono::system_clock::time_point now);
// metav1.TableColumnDefinition values.
Json table_columns(const Kind& kind);

}  // namespace berth::schemas
