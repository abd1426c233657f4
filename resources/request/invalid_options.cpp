// SPDX-License-Identifier: Apache-2.0
#include "resources/request/invalid_options.hpp"

#include "schemas/admit.hpp"

namespace berth::resources {

base::Status invalid_options(std::string_view options_kind, std::vector<base::Cause> causes) {
  schemas::Kind kind;
  kind.group = "meta.k8s.io";
  kind.kind = options_kind;
  return schemas::invalid(kind, "", std::move(causes));
}

}  // namespace berth::resources
