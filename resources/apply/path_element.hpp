// SPDX-License-Identifier: Apache-2.0
#pragma once
// One step of the path to a field, in the form of FieldsV1's keys:
//   f:image             a member of an object or map
//   k:{"name":"http"}   the item of a list by its keys (list type map), names sorted
//   v:"NET_ADMIN"       the item of a set
//   i:0                 an item by its place; read, never made here
// https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/fieldpath#PathElement
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace berth::schemas {
struct Schema;
}

namespace berth::resources {

std::string field_element(std::string_view name);

// The name in "f:<name>"; nothing for the other kinds.
std::optional<std::string_view> field_name(std::string_view element);

// Of an item of a list of type set or map. Nothing for an item that has no keys, or is of the wrong type.
std::optional<std::string> item_element(const schemas::Schema& list, const base::Json& item);

enum class ElementKind { Known, Unknown, Malformed };
struct ReadElement {
  ElementKind kind = ElementKind::Malformed;
  std::string element;  // in the one form that equal elements share
};
ReadElement read_element(std::string_view key);

// ".image", `[name="http"]`, `[="NET_ADMIN"]`, "[0]": how conflicts name it.
std::string describe_element(std::string_view element);

}  // namespace berth::resources
