// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/container_references.hpp"

#include <algorithm>

#include "base/status.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {
namespace {

using Use = ContainerReferences::Use;

class Resolver {
 public:
  Resolver(const resources::Resources& resources, const std::string& ns, schemas::ContainerSpec& spec,
           std::vector<std::string>& missing)
      : resources_(resources), ns_(ns), spec_(spec), missing_(missing) {
    found.hashed = spec;
  }

  void resolve_network(std::size_t index) {
    schemas::ContainerNetwork& wanted = spec_.networks[index];
    if (!wanted.network_ref) return;
    Use use{"spec.networks[" + std::to_string(index) + "].networkRef", "Network \"" + wanted.network_ref->name + "\"",
            ""};
    const auto network = read("Network", wanted.network_ref->name, use, schemas::decode_network);
    if (!network) return;
    wanted.name = engine_name(*network);
    use.id = network->status.network_id.value_or("");
    if (is_coming(*network)) {
      found.coming.push_back({use.field + ": " + not_there_yet(use, *network), network->metadata.name, *wanted.name});
    } else {
      take(found.networks, std::move(use), *network);
    }
  }

  void resolve_volume(std::size_t index) {
    schemas::ContainerMount& wanted = spec_.mounts[index];
    if (!wanted.volume_ref) return;
    Use use{"spec.mounts[" + std::to_string(index) + "].volumeRef", "Volume \"" + wanted.volume_ref->name + "\"", ""};
    const auto volume = read("Volume", wanted.volume_ref->name, use, schemas::decode_volume);
    if (!volume) return;
    wanted.source = engine_name(*volume);
    if (volume->spec.volume_name) found.hashed.mounts[index].source = wanted.source;
    use.id = volume->status.volume_name.value_or("");
    take(found.volumes, std::move(use), *volume);
  }

  // Two ways to say one network would take turns in undoing each other.
  void refuse_doubles() {
    for (std::size_t i = 1; i < spec_.networks.size(); ++i) {
      const auto end = spec_.networks.begin() + static_cast<std::ptrdiff_t>(i);
      const auto& name = spec_.networks[i].name;
      const auto same = std::find_if(spec_.networks.begin(), end, [&](const auto& one) { return one.name == name; });
      if (!name || same == end) continue;
      missing_.push_back("spec.networks[" + std::to_string(i) + "]: it is network \"" + *name +
                         "\", as is spec.networks[" + std::to_string(same - spec_.networks.begin()) + "]");
    }
  }

  ContainerReferences found;

 private:
  void miss(const Use& use, const std::string& why) { missing_.push_back(use.field + ": " + why); }

  // Nothing stands in its way that is known.
  bool is_coming(const schemas::Network& network) const {
    const schemas::Condition* ready = find_condition(network.status.conditions, "Ready");
    const bool fresh = !ready || ready->reason == "Pending" || ready->reason == "Creating";
    return fresh && !network.status.network_id && !network.metadata.deletion_timestamp &&
           network.spec.host == spec_.host;
  }

  template <class Object>
  static std::string not_there_yet(const Use& use, const Object& object) {
    const schemas::Condition* ready = find_condition(object.status.conditions, "Ready");
    return use.object + " is not there yet" + (ready && !ready->reason.empty() ? ": " + ready->reason : "");
  }

  template <class Decode>
  auto read(const char* kind_name, const std::string& name, const Use& use, Decode decode)
      -> std::optional<decltype(decode(base::Json()))> {
    const schemas::Kind& kind = schemas::Catalog::instance().by_name(kind_name);
    const auto object = resources_.find(kind, ns_, name);
    if (object) return decode(object->parse());
    miss(use, base::not_found(kind.plural + "." + kind.group, name).message());
    return std::nullopt;
  }

  template <class Object>
  void take(std::vector<Use>& uses, Use use, const Object& object) {
    if (object.spec.host != spec_.host) {
      miss(use, use.object + " is on host " + object.spec.host + ", not on " + spec_.host);
    } else if (object.metadata.deletion_timestamp) {
      miss(use, use.object + " is being deleted");
    } else if (use.id.empty()) {
      miss(use, not_there_yet(use, object));
    } else {
      uses.push_back(std::move(use));
    }
  }

  const resources::Resources& resources_;
  const std::string& ns_;
  schemas::ContainerSpec& spec_;
  std::vector<std::string>& missing_;
};

}  // namespace

ContainerReferences resolve_references(const resources::Resources& resources, const std::string& ns,
                                       schemas::ContainerSpec& spec, std::vector<std::string>& missing) {
  Resolver resolver(resources, ns, spec, missing);
  for (std::size_t i = 0; i < spec.networks.size(); ++i) resolver.resolve_network(i);
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) resolver.resolve_volume(i);
  resolver.refuse_doubles();
  return std::move(resolver.found);
}

std::vector<std::string> absent_from(const docker::Snapshot& snapshot, const ContainerReferences& references) {
  std::vector<std::string> absent;
  for (const Use& use : references.networks) {
    if (!snapshot.networks.contains(use.id))
      absent.push_back(use.field + ": " + use.object + " is gone from the engine");
  }
  // Without it the engine would make an empty one of that name.
  for (const Use& use : references.volumes) {
    if (!snapshot.volumes.contains(use.id))
      absent.push_back(use.field + ": " + use.object + " is gone from the engine");
  }
  return absent;
}

bool is_anothers(const docker::Snapshot& snapshot, const std::string& on_engine, const OwnerName& owner,
                 std::string_view instance) {
  return std::ranges::any_of(snapshot.networks, [&](const auto& each) {
    return base::string_at(each.second, "Name") == on_engine &&
           owner_of(labels_of(each.second), instance, "Network") != owner;
  });
}

}  // namespace berth::reconcilers
