// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who may do what: RBAC over the index, nothing by default. Group system:masters may do everything, and so may
// Berth's own loops. No I/O: a decision looks at the caller's bindings only. Any thread.
#include <string>

#include "resources/request/caller.hpp"
#include "resources/rights/rbac_index.hpp"

namespace berth::resources {

struct Decision {
  bool allowed = false;
  std::string reason;  // the binding, in upstream's words; "" when nothing allows it
};

class Authorizer {
 public:
  explicit Authorizer(const RbacIndex& index) : index_(index) {}

  bool may(const Caller& caller, const Attributes& wanted) const;
  Decision decide(const Caller& caller, const Attributes& wanted) const;
  // Everything that the caller may in `ns` ("": at the cluster scope), system:masters left out of account.
  PolicyRules rules_of(const Caller& caller, std::string_view ns) const;
  // The rules of a role that stands. Throws NotFound naming it. `ns` "" for a ClusterRole.
  PolicyRules rules_of_role(std::string_view ns, std::string_view name) const;

  // Above all rules.
  static bool is_almighty(const Caller& caller);

 private:
  const RbacIndex& index_;
};

// 403 in upstream's words: `containers.berth.dev "x" is forbidden: <why>`.
base::Status forbidden(std::string_view group, std::string_view resource, std::string_view name, std::string why);
// `User "u" cannot get resource "containers" in API group "berth.dev" in the namespace "n"`
std::string cannot(const Caller& caller, const Attributes& wanted);

}  // namespace berth::resources
