// SPDX-License-Identifier: Apache-2.0
#include "resources/propagation.hpp"

#include "base/status.hpp"

namespace berth::resources {

void check_propagation(const std::string& policy) {
  if (policy.empty() || policy == "Background" || policy == "Foreground" || policy == "Orphan") return;
  const std::string message =
      "Unsupported value: \"" + policy + R"(": supported values: "Foreground", "Background", "Orphan", "nil")";
  base::Details details;
  details.group = "meta.k8s.io";
  details.kind = "DeleteOptions";
  details.causes.push_back({"FieldValueNotSupported", message, "propagationPolicy"});
  throw base::Status(base::Reason::Invalid, "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: " + message,
                     std::move(details));
}

}  // namespace berth::resources
