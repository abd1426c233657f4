// SPDX-License-Identifier: Apache-2.0
#pragma once
// Berth's own kinds as CustomResourceDefinitions, for the tools that look there. They say what is; nobody but Berth
// writes them.
#include "resources/object_writer.hpp"

namespace berth::resources {

// Makes those that are missing, brings those of an older release up to date, and removes those of kinds that are gone.
Task<void> publish_kinds(ObjectWriter& writer, const ObjectReader& reader);

}  // namespace berth::resources
