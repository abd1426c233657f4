// SPDX-License-Identifier: Apache-2.0
#pragma once
// What clients ask first: the groups, versions and resources there are, all from the catalog. Pure.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
#include <optional>
#include <string_view>

#include "base/json.hpp"
#include "schemas/catalog.hpp"

namespace berth::api {

// version.Info. A release of Berth is build metadata, because charts compare the part before it.
base::Json version_info();
// `address` is where clients reach this server.
base::Json core_versions(std::string_view address);
base::Json group_list(const schemas::Catalog& catalog);
// Nothing when there is no such group.
std::optional<base::Json> group_of(const schemas::Catalog& catalog, std::string_view group);
std::optional<base::Json> resource_list(const schemas::Catalog& catalog, std::string_view group,
                                        std::string_view version);

}  // namespace berth::api
