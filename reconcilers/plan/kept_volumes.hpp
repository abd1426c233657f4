// SPDX-License-Identifier: Apache-2.0
#pragma once
// Anonymous volumes: those that an image asks for and nobody named. The next container of an object takes them over
// from the one before, so a replace loses no data. The engine removes one with the container that it was made for,
// but not with the next, to which it was given by name: a label on the next says which those are.
#include <string>
#include <vector>

#include "docker/engines.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

inline constexpr const char* kKeptVolumesLabel = "berth.dev/kept-volumes";

struct KeptVolume {
  std::string name;
  std::string target;
  bool read_only = false;
};

// Those of `view` that hold data: of a container that never ran only what it took over itself. `inspect` is its own.
std::vector<KeptVolume> anonymous_volumes(const docker::ContainerView& view, const base::Json& inspect);
// Those whose place the spec gives to nothing else.
std::vector<KeptVolume> beside_mounts(const schemas::ContainerSpec& spec, std::vector<KeptVolume> volumes);
// The value of the label: names with a space between.
std::string kept_label(const std::vector<KeptVolume>& volumes);
// What the label on `id` names and no other container uses: to be removed with it.
std::vector<std::string> left_behind(const docker::Snapshot& snapshot, const std::string& id);

}  // namespace berth::reconcilers
