// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

std::string engine_name(std::string_view ns, std::string_view name) {
  if (ns != "default") return std::string(ns) + "_" + std::string(name);
  return name.size() == 1 ? std::string(name) + "_" : std::string(name);
}

std::string engine_name(const schemas::Container& container) {
  if (container.spec.container_name) return *container.spec.container_name;
  return engine_name(container.metadata.ns, container.metadata.name);
}

std::string engine_name(const schemas::Network& network) {
  if (network.spec.network_name) return *network.spec.network_name;
  return engine_name(network.metadata.ns, network.metadata.name);
}

std::string engine_name(const schemas::Volume& volume) {
  if (volume.spec.volume_name) return *volume.spec.volume_name;
  return engine_name(volume.metadata.ns, volume.metadata.name);
}

std::string next_name(std::string_view engine_name, std::string_view spec_hash) {
  return std::string(engine_name) + "__" + std::string(spec_hash.substr(spec_hash.find(':') + 1, 8));
}

Labels find_labels(std::string_view instance, std::string_view ns, std::string_view name, std::string_view kind) {
  return {{kInstanceLabel, std::string(instance)},
          {kKindLabel, std::string(kind)},
          {kNamespaceLabel, std::string(ns)},
          {kNameLabel, std::string(name)}};
}

Labels owner_labels(std::string_view instance, const schemas::ObjectMeta& metadata, std::string_view spec_hash,
                    std::string_view kind) {
  Labels labels = find_labels(instance, metadata.ns, metadata.name, kind);
  labels[kUidLabel] = metadata.uid;
  labels[kSpecHashLabel] = spec_hash;
  return labels;
}

std::optional<OwnerName> owner_of(const Labels& labels, std::string_view instance, std::string_view kind) {
  const auto value = [&labels](const char* key) -> std::string_view {
    const auto found = labels.find(key);
    return found == labels.end() ? std::string_view() : std::string_view(found->second);
  };
  if (value(kInstanceLabel) != instance || value(kKindLabel) != kind || value(kNameLabel).empty()) return {};
  return OwnerName{std::string(value(kNamespaceLabel)), std::string(value(kNameLabel))};
}

Labels labels_of(const base::Json& row) {
  Labels labels;
  const base::Json* found = base::find_path(row, "Labels");
  if (!found || !found->is_object()) return labels;
  for (const auto& [key, value] : found->get_object()) {
    if (value.is_string()) labels.emplace(key, value.get_string());
  }
  return labels;
}

}  // namespace berth::reconcilers
