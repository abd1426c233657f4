// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a write needs beyond the verb on its object, decided on the final object, whatever way it came: nobody grants
// what they do not hold, places where they may not, loosens a namespace, or runs what the namespace does not allow.
#include <span>
#include <string>
#include <string_view>

#include "resources/rights/authorizer.hpp"
#include "resources/rights/operate_rules.hpp"
#include "resources/rights/workload_policy.hpp"

namespace berth::resources {

// A version of an object, and the index terms of it, which name what it refers to.
struct IndexedObject {
  const base::Json& object;
  std::span<const std::string> terms;
};

class AccessRules {
 public:
  // All outlive it.
  AccessRules(const store::Store& store, RbacIndex& index, const Authorizer& authorizer)
      : store_(store), index_(index), authorizer_(authorizer) {}

  // Throws Forbidden, or NotFound for a binding to a role that is not there. `now` is admitted and valid; `before` is
  // what an update finds stored, else nullptr.
  void check(const Caller& caller, const schemas::Kind& kind, std::string_view ns, const IndexedObject& now,
             const IndexedObject* before) const;

  // Of an update, besides: a caller who holds neither patch nor update came by operate. Throws Forbidden.
  void check_operator(const Caller& caller, const schemas::Kind& kind, std::string_view ns,
                      const OperatedWrite& write) const;

  // After a commit, before it is answered: rights that it gives or takes count from here.
  void take_note(const schemas::Kind& kind, std::string_view key) {
    if (is_rbac(kind)) index_.refresh(kind, key);
  }

  // The part that holds for reconcilers, too, before each engine create. Throws Forbidden.
  void check_workload(const schemas::Kind& kind, std::string_view ns, const base::Json& object) const;

 private:
  void check_role(const Caller& caller, const schemas::Kind& kind, std::string_view ns, const base::Json& object,
                  const base::Json* before) const;
  void check_binding(const Caller& caller, const schemas::Kind& kind, std::string_view ns,
                     const base::Json& object) const;
  void check_namespace(const Caller& caller, const base::Json& object, const base::Json* before) const;
  // Whose container it was does not matter to the engine: taking one over is a right on its Host.
  void check_adoption(const Caller& caller, const schemas::Kind& kind, std::string_view ns, const base::Json& object,
                      const base::Json* before) const;
  // Each Host that is named anew: whether the caller may, and whether it takes anything.
  void check_hosts(const Caller& caller, const schemas::Kind& kind, std::string_view ns, const IndexedObject& now,
                   const IndexedObject* before) const;
  void check_takes(const schemas::Kind& kind, std::string_view name, std::string_view host) const;
  WorkloadPolicy policy_of(std::string_view ns) const;
  // A name such as shop_data is namespace shop's, wherever there is one: volumes and networks have no labels to tell.
  std::vector<std::string> foreign_names(std::string_view ns, const std::vector<EngineName>& names) const;

  const store::Store& store_;
  RbacIndex& index_;
  const Authorizer& authorizer_;
};

}  // namespace berth::resources
