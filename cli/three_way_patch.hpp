// SPDX-License-Identifier: Apache-2.0
#pragma once
// kubectl's client-side apply: a JSON merge patch from what was applied last, what is wanted now and what is there.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/jsonmergepatch#CreateThreeWayJSONMergePatch
#include "base/json.hpp"

namespace berth::cli {

inline constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// What `modified` adds or changes against `current`, and what it leaves out of `original`. Lists are whole values.
// An empty object means that nothing is to be done.
base::Json three_way_merge_patch(const base::Json& original, const base::Json& modified, const base::Json& current);

// `object` with the annotation that holds it as it is, less that annotation.
base::Json with_last_applied(base::Json object);

// What the annotation of a live object holds; an empty object when there is none, or none that can be read.
base::Json last_applied(const base::Json& live);

}  // namespace berth::cli
