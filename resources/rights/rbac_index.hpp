// SPDX-License-Identifier: Apache-2.0
#pragma once
// Roles and bindings in memory, by who is granted what. It is brought up to date before a write of them is answered,
// so that a right that was taken away is gone by then. Any thread.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.hpp"
#include "resources/rights/policy_rule.hpp"
#include "resources/rights/shared_map.hpp"
#include "schemas/catalog.hpp"
#include "store/store.hpp"

namespace berth::resources {

// One binding as a subject sees it.
struct Grant {
  std::string ns;       // where it holds; "" everywhere
  std::string role;     // RbacView::roles' key
  std::string binding;  // the binding's store key
  std::string reason;   // ClusterRoleBinding "x" of ClusterRole "y" to Group "z"
};
// By pointer: who is bound by thousands costs one more a copy of pointers.
using Grants = std::shared_ptr<const std::vector<std::shared_ptr<const Grant>>>;

// A state of all roles and bindings; immutable.
struct RbacView {
  SharedMap<Grants> grants;                             // by subject_key
  SharedMap<std::shared_ptr<const PolicyRules>> roles;  // by role_key
};

std::string user_key(std::string_view user);
std::string group_key(std::string_view group);
// `ns` "" for a ClusterRole.
std::string role_key(std::string_view ns, std::string_view name);

bool is_rbac(const schemas::Kind& kind);
bool is_role(const schemas::Kind& kind);          // Role or ClusterRole
bool is_role_binding(const schemas::Kind& kind);  // RoleBinding or ClusterRoleBinding

class RbacIndex {
 public:
  // `store` outlives it.
  explicit RbacIndex(const store::Store& store) : store_(store) {}

  // Reads everything. Once, before requests.
  void load();
  // Reads one key again, after it was written or removed.
  void refresh(const schemas::Kind& kind, std::string_view key);
  std::shared_ptr<const RbacView> view() const;

 private:
  struct Draft {
    RbacView view;
    std::map<std::string, std::vector<std::string>, std::less<>> subjects;  // of each binding, by its store key
  };
  class GrantEdit;
  static void take_role(Draft& draft, const schemas::Kind& kind, std::string_view key, const base::Json* object);
  // Once for each subject, however often the binding names it.
  static void take_binding(Draft& draft, GrantEdit& edit, const schemas::Kind& kind, std::string_view key,
                           const base::Json* object);

  const store::Store& store_;
  base::Guarded<Draft> draft_;  // one change at a time
  mutable base::Guarded<std::shared_ptr<const RbacView>> published_;
};

}  // namespace berth::resources
