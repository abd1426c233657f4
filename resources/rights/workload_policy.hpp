// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a workload may do is its namespace's matter, not its writer's: the Pod Security Standards, mapped to Docker's
// fields, with two differences: host ports are allowed, and binds are where the namespace allows them. The table is
// in docs/security.md. Pure.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
#include <string>
#include <string_view>
#include <vector>

#include "schemas/kinds.gen.hpp"

namespace berth::resources {

enum class Level { Restricted, Baseline, Privileged };

inline constexpr std::string_view kEnforceLabel = "berth.dev/enforce";
inline constexpr std::string_view kAllowedBinds = "berth.dev/allowed-binds";  // an annotation: /srv/a,/srv/b

// What stands in the label; Baseline for "" and, so that a slip of the pen opens nothing, for any other word.
Level read_level(std::string_view label);
std::string_view to_string(Level level);

struct WorkloadPolicy {
  Level level = Level::Baseline;
  std::vector<std::string> allowed_binds;  // absolute, normal
};
// "/srv/a, /srv/b/": paths that are not absolute, or lead upwards, count for nothing.
std::vector<std::string> read_allowed_binds(std::string_view annotation);

// An engine name that a spec gives as it is and that begins like those of a namespace: shop_data of shop.
struct EngineName {
  std::string path;    // spec.mounts[0].source
  std::string name;    // shop_data
  std::string prefix;  // shop; whether there is such a namespace is not known here
};
std::vector<EngineName> prefixed_names(const schemas::ContainerSpec& spec);

// Each thing that the policy does not allow: `privileged (spec.privileged must not be true)`. Empty: it may run.
std::vector<std::string> violations(const WorkloadPolicy& policy, const schemas::ContainerSpec& spec);

}  // namespace berth::resources
