// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Container waits for before it starts: the other Containers that it names, as their objects tell. A change of
// theirs wakes it by the reference, so nothing here looks again by itself.
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct Dependency {
  std::string field;      // "spec.dependsOn[0].containerRef"
  std::string name;       // of the Container
  std::string wanted;     // "started", "healthy", "completed", "running"
  bool absent = false;    // there is no such object
  bool met = false;       // of its present generation
  bool hopeless = false;  // not met, and only another spec or a human helps
  std::string why;        // when it is not met: "its healthcheck fails"
  bool network = false;   // spec.containerRef: it lends its network
  bool restarts = false;  // dependsOn[].restart: to be followed
  bool changed = false;   // it is another container, or was restarted on request, since status noted it
  std::string container_id;
  std::string restarted_at;                  // the token that it last acted on
  std::optional<base::WallTime> started_at;  // by its engine's clock, when that is the same as ours
};

// In the spec's order.
std::vector<Dependency> read_dependencies(const resources::Resources& resources, const schemas::Container& container);
// "web, db, web" when what it waits for waits for it in the end, else "". Looked for among the nearest few hundred.
std::string find_circle(const resources::Resources& resources, const schemas::Container& container);

// 'waits for Container "db" to be healthy: its healthcheck fails; ...' of those that are not met, else "".
std::string waiting_text(const std::vector<Dependency>& dependencies);

}  // namespace berth::reconcilers
