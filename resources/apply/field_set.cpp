// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/field_set.hpp"

#include <algorithm>

#include "resources/apply/path_element.hpp"

namespace berth::resources {
namespace {

using Node = FieldSet::Node;

bool holds_nothing(const Node& node) { return !node.member && node.below.empty(); }

std::string_view element_of(const Node& node) { return node.element; }

void collect_paths(const FieldSet& set, const std::string& prefix, std::vector<std::string>& out) {
  std::vector<std::string> steps;
  for (const Node& node : set.nodes()) {
    steps.push_back(prefix + describe_element(node.element));
    if (node.member) out.push_back(steps.back());
  }
  for (std::size_t at = 0; at < steps.size(); ++at) collect_paths(set.nodes()[at].below, steps[at], out);
}

// A field and what is below it, as one value of a FieldsV1 tells.
bool read_node(const base::Json& value, Node& node) {
  if (value.is_null()) {
    node.member = true;
    return true;
  }
  if (!value.is_object()) return false;
  std::vector<Node> children;
  for (const auto& entry : value.get_object()) {
    if (entry.key() == ".") {
      node.member = true;
      continue;
    }
    ReadElement read = read_element(entry.key());
    if (read.kind == ElementKind::Malformed) return false;
    if (read.kind == ElementKind::Unknown) continue;
    Node& child = children.emplace_back(Node{std::move(read.element), false, {}});
    if (!read_node(entry.value(), child)) return false;
  }
  if (children.empty()) node.member = true;
  node.below = FieldSet::of(std::move(children));
  return true;
}

}  // namespace

const Node* FieldSet::find(std::string_view element) const {
  const auto at = std::ranges::lower_bound(nodes_, element, {}, element_of);
  return at != nodes_.end() && at->element == element ? &*at : nullptr;
}

FieldSet FieldSet::of(std::vector<Node> nodes) {
  std::erase_if(nodes, holds_nothing);
  FieldSet set;
  if (!std::ranges::is_sorted(nodes, {}, element_of)) std::ranges::sort(nodes, {}, element_of);
  if (std::ranges::adjacent_find(nodes, {}, element_of) == nodes.end()) {
    set.nodes_ = std::move(nodes);
    return set;
  }
  for (Node& node : nodes) {
    if (set.nodes_.empty() || set.nodes_.back().element != node.element) {
      set.nodes_.push_back(std::move(node));
    } else {
      set.nodes_.back().join(std::move(node));
    }
  }
  return set;
}

void Node::join(Node other) {
  member |= other.member;
  below.unite(std::move(other.below));
}

void FieldSet::remove(std::string_view element) {
  std::erase_if(nodes_, [element](const Node& node) { return node.element == element; });
}

void FieldSet::unite(FieldSet other) {
  if (nodes_.empty()) {
    nodes_ = std::move(other.nodes_);
    return;
  }
  if (other.nodes_.empty()) return;
  std::vector<Node> all;
  all.reserve(nodes_.size() + other.nodes_.size());
  auto mine = nodes_.begin();
  auto theirs = other.nodes_.begin();
  while (mine != nodes_.end() && theirs != other.nodes_.end()) {
    if (mine->element < theirs->element) {
      all.push_back(std::move(*mine++));
    } else if (theirs->element < mine->element) {
      all.push_back(std::move(*theirs++));
    } else {
      all.push_back(std::move(*mine++));
      all.back().join(std::move(*theirs++));
    }
  }
  std::move(mine, nodes_.end(), std::back_inserter(all));
  std::move(theirs, other.nodes_.end(), std::back_inserter(all));
  nodes_ = std::move(all);
}

FieldSet FieldSet::union_of(std::vector<FieldSet> sets) {
  std::vector<Node> nodes;
  for (FieldSet& set : sets) std::ranges::move(set.nodes_, std::back_inserter(nodes));
  return of(std::move(nodes));
}

void FieldSet::subtract(const FieldSet& other) {
  if (other.empty()) return;
  each([&other](Node& node) {
    const Node* less = other.find(node.element);
    if (less == nullptr) return;
    node.member &= !less->member;
    node.below.subtract(less->below);
  });
}

FieldSet FieldSet::intersect(const FieldSet& other) const {
  std::vector<Node> both;
  for (const Node& node : nodes_) {
    const Node* same = other.find(node.element);
    if (same == nullptr) continue;
    both.push_back({node.element, node.member && same->member, node.below.intersect(same->below)});
  }
  return of(std::move(both));
}

void FieldSet::each(const std::function<void(Node&)>& change) {
  for (Node& node : nodes_) change(node);
  std::erase_if(nodes_, holds_nothing);
}

std::vector<std::string> FieldSet::paths() const {
  std::vector<std::string> out;
  collect_paths(*this, "", out);
  return out;
}

void FieldSet::append_json(std::string& out) const {
  char separator = '{';
  for (const Node& node : nodes_) {
    out.push_back(std::exchange(separator, ','));
    base::append_quoted(out, node.element);
    if (node.below.empty()) {
      out.append(":{}");
    } else {
      out.append(node.member ? ":{\".\":{}," : ":");
      const std::size_t open = out.size();
      node.below.append_json(out);
      if (node.member) out.erase(open, 1);
    }
  }
  out.append(separator == '{' ? "{}" : "}");
}

std::optional<FieldSet> FieldSet::read(const base::Json& fields_v1) {
  Node root;
  if (!read_node(fields_v1, root)) return std::nullopt;
  return std::move(root.below);
}

}  // namespace berth::resources
