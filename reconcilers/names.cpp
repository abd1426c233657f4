// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/names.hpp"

namespace berth::reconcilers {

std::string engine_name(std::string_view ns, std::string_view name) {
  if (ns != "default") return std::string(ns) + "_" + std::string(name);
  return name.size() == 1 ? std::string(name) + "_" : std::string(name);
}

std::string engine_name(const schemas::Container& container) {
  if (container.spec.container_name) return *container.spec.container_name;
  return engine_name(container.metadata.ns, container.metadata.name);
}

std::string next_name(std::string_view engine_name, std::string_view spec_hash) {
  return std::string(engine_name) + "__" + std::string(spec_hash.substr(spec_hash.find(':') + 1, 8));
}

Labels find_labels(std::string_view instance, std::string_view ns, std::string_view name) {
  return {{kInstanceLabel, std::string(instance)},
          {kKindLabel, "Container"},
          {kNamespaceLabel, std::string(ns)},
          {kNameLabel, std::string(name)}};
}

Labels owner_labels(std::string_view instance, const schemas::ObjectMeta& metadata, std::string_view spec_hash) {
  Labels labels = find_labels(instance, metadata.ns, metadata.name);
  labels[kUidLabel] = metadata.uid;
  labels[kSpecHashLabel] = spec_hash;
  return labels;
}

std::optional<OwnerName> owner_of(const Labels& labels, std::string_view instance) {
  const auto value = [&labels](const char* key) -> std::string_view {
    const auto found = labels.find(key);
    return found == labels.end() ? std::string_view() : std::string_view(found->second);
  };
  if (value(kInstanceLabel) != instance || value(kKindLabel) != "Container" || value(kNameLabel).empty()) return {};
  return OwnerName{std::string(value(kNamespaceLabel)), std::string(value(kNameLabel))};
}

}  // namespace berth::reconcilers
