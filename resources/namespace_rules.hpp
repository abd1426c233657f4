// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Namespace means to the objects in it.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resources/object_reader.hpp"

namespace berth::resources {

class NamespaceRules {
 public:
  explicit NamespaceRules(store::Store& store) : store_(store) {}

  // Before a create of `name` in `ns`. Throws NotFound when there is no such namespace, Forbidden with the cause
  // NamespaceTerminating when it is ending.
  void check_open(const Kind& kind, std::string_view name, std::string_view ns) const;
  bool exists(std::string_view ns) const;

  // Throws Forbidden for the namespaces that Berth itself needs, Conflict while it holds anything but Events.
  void check_removable(const Kind& kind, std::string_view ns) const;
  bool is_empty(std::string_view ns) const { return contents(ns).empty(); }

  // Everything in it, Events included: what goes with a namespace that is removed.
  std::vector<Target> leftovers(std::string_view ns) const;

 private:
  std::vector<std::pair<const Kind*, std::size_t>> contents(std::string_view ns) const;

  store::Store& store_;
};

}  // namespace berth::resources
