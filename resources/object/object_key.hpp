// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an object stands in the store, and the index terms by which it is found: opaque to the store.
//   key    /<group or core>/<plural>/<namespace>/<name>; without the namespace for cluster-scoped kinds
//   terms  label/<key>=<value>  label-key/<key>  ref/<Kind>/<namespace>/<name>  owner/<uid>
//          field/<path>=<value> (the kind's selectable fields)  deleting  unschedulable (of a Host)
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

using base::Json;
using schemas::Kind;

inline constexpr std::string_view kDeletingTerm = "deleting";
inline constexpr std::string_view kUnschedulableTerm = "unschedulable";
inline constexpr std::string_view kOwnerTermPrefix = "owner/";

// Everything of the kind, or of the kind in one namespace.
std::string key_prefix(const Kind& kind, std::string_view ns);
std::string key_of(const Kind& kind, std::string_view ns, std::string_view name);

struct PlaceInKey {
  std::string_view ns;  // into the key
  std::string_view name;
};
PlaceInKey place_in(const Kind& kind, std::string_view key);

// The kind whose objects have keys like this one; nullptr when there is none.
const Kind* kind_of_key(std::string_view key);

std::string owner_term(std::string_view uid);
std::string ref_term(std::string_view target_kind, std::string_view ns, std::string_view name);
// The namespace and name in a ref_term() of that kind; nothing for any other term.
std::optional<PlaceInKey> referred_by(std::string_view term, std::string_view target_kind);
std::string field_term(std::string_view path, std::string_view value);
std::string label_term(std::string_view key, std::string_view value);
std::string label_key_term(std::string_view key);

// Fields other than metadata.name and metadata.namespace by which the kind can be selected.
const std::vector<std::string_view>& selectable_fields(const Kind& kind);

// Of an admitted object.
std::vector<std::string> index_terms(const Kind& kind, const Json& object);

}  // namespace berth::resources
