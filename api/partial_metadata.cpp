// SPDX-License-Identifier: Apache-2.0
#include "api/partial_metadata.hpp"

#include "api/json_members.hpp"

namespace berth::api {

std::string_view metadata_in(std::string_view object) {
  for (JsonMembers members(object); members.next();) {
    if (members.key() == "metadata") return members.value();
  }
  return "{}";
}

std::string partial_metadata(std::string_view object, std::string_view version) {
  return partial_metadata_of(metadata_in(object), version);
}

std::string partial_metadata_of(std::string_view metadata, std::string_view version) {
  std::string text = R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)";
  return text.append(version).append(R"(","metadata":)").append(metadata).append("}");
}

}  // namespace berth::api
