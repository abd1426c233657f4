// SPDX-License-Identifier: Apache-2.0
#pragma once
// What keeps roles as they should be: those that every Berth has, and those that gather the rules of others.
#include "resources/object_writer.hpp"

namespace berth::resources {

// Makes the default roles and bindings that are missing, and adds the rules and subjects that they lack, as upstream
// does: what an administrator added stays, and the annotation autoupdate: "false" keeps all of it as it is.
Task<void> repair_default_roles(ObjectWriter& writer, const ObjectReader& reader);

// Fills the rules of every ClusterRole with an aggregationRule, until none changes.
Task<void> aggregate_cluster_roles(ObjectWriter& writer, const ObjectReader& reader);

}  // namespace berth::resources
