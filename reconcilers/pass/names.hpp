// SPDX-License-Identifier: Apache-2.0
#pragma once
// What things are called on an engine, and whose they are. Names are deterministic, so whatever a crash left behind
// is found again; labels say who owns it, since a name alone proves nothing.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

using Labels = std::map<std::string, std::string>;

inline constexpr std::string_view kFinalizer = "berth.dev/engine";
inline constexpr std::string_view kHostFinalizer = "berth.dev/host";
inline constexpr const char* kInstanceLabel = "berth.dev/instance";
inline constexpr const char* kKindLabel = "berth.dev/kind";
inline constexpr const char* kNamespaceLabel = "berth.dev/namespace";
inline constexpr const char* kNameLabel = "berth.dev/name";
inline constexpr const char* kUidLabel = "berth.dev/uid";
inline constexpr const char* kSpecHashLabel = "berth.dev/spec-hash";

// "web" in namespace default ("w_" for the name w: the engine wants two characters), else "shop_web". No object
// name holds an underscore, so no two meet.
std::string engine_name(std::string_view ns, std::string_view name);
// The same, unless spec.containerName, networkName or volumeName says otherwise.
std::string engine_name(const schemas::Container& container);
std::string engine_name(const schemas::Network& network);
std::string engine_name(const schemas::Volume& volume);
// "web__1a2b3c4d": the name of a replacement until it takes over. `spec_hash` is "h1:1a2b3c4d...".
std::string next_name(std::string_view engine_name, std::string_view spec_hash);

// The labels that make a container, or what `kind` says, ours.
Labels owner_labels(std::string_view instance, const schemas::ObjectMeta& metadata, std::string_view spec_hash,
                    std::string_view kind = "Container");
// Those that do not change with uid or hash: what finds an object's containers.
Labels find_labels(std::string_view instance, std::string_view ns, std::string_view name,
                   std::string_view kind = "Container");

// The object of `kind` that labels name, when they are of this instance.
struct OwnerName {
  std::string ns;
  std::string name;
  bool operator==(const OwnerName&) const = default;
};
std::optional<OwnerName> owner_of(const Labels& labels, std::string_view instance, std::string_view kind = "Container");
// The member Labels of what an engine lists.
Labels labels_of(const base::Json& row);

}  // namespace berth::reconcilers
