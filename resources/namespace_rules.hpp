// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Namespace means to the objects in it. Upstream's rules and words.
#include <string>
#include <string_view>

#include "resources/object_reader.hpp"

namespace berth::resources {

class NamespaceRules {
 public:
  explicit NamespaceRules(store::Store& store) : store_(store) {}

  // Before a create of `name` in `ns`. Throws NotFound when there is no such namespace, Forbidden with the cause
  // NamespaceTerminating when it is ending.
  void check_open(const Kind& kind, std::string_view name, std::string_view ns) const;
  // The same, held to at the moment of the commit: who empties a namespace that is ending has seen everything in it.
  static store::Guard guard(std::string_view ns);
  // The guard's refusal of that create, as check_open() would have put it.
  static base::Status refusal(const base::Status& by_guard, const Kind& kind, std::string_view name,
                              std::string_view ns);

  // Throws Forbidden for the namespaces that have to stay.
  static void check_removable(const Kind& kind, std::string_view ns);

 private:
  store::Store& store_;
};

}  // namespace berth::resources
