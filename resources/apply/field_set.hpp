// SPDX-License-Identifier: Apache-2.0
#pragma once
// A set of fields of an object, as managedFields keeps it: a trie whose steps are path elements (path_element.hpp).
// A field may be in the set without what is below it, and the other way round.
// https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/fieldpath
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::resources {

class FieldSet {
 public:
  struct Node;

  bool empty() const;
  const std::vector<Node>& nodes() const { return nodes_; }  // sorted by element
  // nullptr when neither the field nor anything below it is in the set.
  const Node* find(std::string_view element) const;

  // In any order; equal elements become one, and a node that holds nothing is left out.
  static FieldSet of(std::vector<Node> nodes);
  void remove(std::string_view element);  // with everything below
  void unite(FieldSet other);
  static FieldSet union_of(std::vector<FieldSet> sets);
  // Removes what is in `other`; a field goes without what is below it.
  void subtract(const FieldSet& other);
  FieldSet intersect(const FieldSet& other) const;
  // Changes every node in place, then drops those that hold nothing.
  void each(const std::function<void(Node&)>& change);

  // Paths as people read them, such as `.spec.ports[name="http"]`, in upstream's order: the fields of one level
  // before those below them.
  std::vector<std::string> paths() const;

  // FieldsV1: {"f:spec":{".":{},"f:image":{}}}, keys sorted.
  void append_json(std::string& out) const;
  // Nothing when it is no FieldsV1. Elements of an unknown kind are dropped, as upstream does.
  static std::optional<FieldSet> read(const base::Json& fields_v1);

  bool operator==(const FieldSet& other) const = default;

 private:
  std::vector<Node> nodes_;
};

struct FieldSet::Node {
  std::string element;
  bool member = false;
  FieldSet below;

  void join(Node other);  // of the same element
  bool operator==(const Node& other) const = default;
};

inline bool FieldSet::empty() const { return nodes_.empty(); }

}  // namespace berth::resources
