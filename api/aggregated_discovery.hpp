// SPDX-License-Identifier: Apache-2.0
#pragma once
// All of discovery in one answer, for clients since Kubernetes 1.26. Pure.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
#include <string>
#include <string_view>

#include "api/accept.hpp"
#include "base/json.hpp"
#include "schemas/catalog.hpp"

namespace berth::api {

enum class DiscoveryRoot {
  Core,    // /api
  Groups,  // /apis
};

// "v2" or "v2beta1" when that is what the Accept header ranks above plain JSON; "" otherwise.
std::string aggregated_version(std::string_view accept);
// Clients take an answer for the old form unless its type says all of this.
std::string aggregated_type(std::string_view version);

// The APIGroupDiscoveryList of that version.
base::Json aggregated_discovery(const schemas::Catalog& catalog, DiscoveryRoot root, std::string_view version);

}  // namespace berth::api
