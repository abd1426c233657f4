// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a container's spec refers to, read for one pass: environment and files with the values of Secrets and
// ConfigMaps in place. Values stay in SecretValue, whatever they came from, until the engine gets them.
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/plan/given_objects.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

enum class Origin { Literal, Secret, ConfigMap };

struct EnvEntry {
  std::string name;
  resources::SecretValue value;
  Origin origin = Origin::Literal;
};

struct FileEntry {
  std::string path;
  int mode = 0644;
  resources::SecretValue content;
  Origin origin = Origin::Literal;
};

struct ContainerInputs {
  std::vector<EnvEntry> env;  // by name, each once
  std::vector<FileEntry> files;
  // 'Secret "db" has no key "password"', in the spec's order, and what an environment cannot hold; no values.
  std::vector<std::string> missing;
  // The objects behind all that, with hashes of contents no newer than what was read of them; by kind and name.
  std::vector<schemas::ContainerReferenceStatus> references;

  bool complete() const { return missing.empty(); }
};

// Never throws for what is missing and not optional: that is in `missing`.
ContainerInputs read_inputs(const resources::Resources& resources, const resources::Caller& caller,
                            const std::string& ns, const schemas::ContainerSpec& spec, GivenObjects given = {});

// Of all that a ConfigMap or Secret holds; keyed, so nobody can tell the contents by it, and the same however often it
// is labelled or sealed anew. Nothing when there is none.
std::optional<std::string> content_hash(const resources::Resources& resources, const resources::Caller& caller,
                                        const std::string& ns, const std::string& kind, const std::string& name);

}  // namespace berth::reconcilers
