// SPDX-License-Identifier: Apache-2.0
#pragma once
// meta.k8s.io PartialObjectMetadata: an object without all but its metadata, for clients that look at nothing else.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
#include <string>
#include <string_view>

namespace berth::api {

// The value of `metadata` as it stands in an object's canonical bytes; "{}" when there is none. Nothing is parsed that
// stands before or behind it.
std::string_view metadata_in(std::string_view object);

// `version` of meta.k8s.io: v1 or v1beta1.
std::string partial_metadata(std::string_view object, std::string_view version);
// The same of the value that metadata_in() found.
std::string partial_metadata_of(std::string_view metadata, std::string_view version);

}  // namespace berth::api
