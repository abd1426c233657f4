// SPDX-License-Identifier: Apache-2.0
#pragma once
// Empties a namespace whose deletion was asked for, says in upstream's conditions what it waits for, and lets it go
// once nothing is left. Nothing new can get in meanwhile: the door sees to that.
#include <map>
#include <span>
#include <vector>

#include "controller/reconciler.hpp"
#include "resources/resources.hpp"

namespace berth::controller {

// What an ending namespace still holds.
struct NamespaceContent {
  std::map<std::string, std::size_t> objects;     // "containers.berth.dev", upstream's spelling: "configmaps."
  std::map<std::string, std::size_t> finalizers;  // of those objects
  std::vector<std::string> failures;              // messages of deletions that were refused
  bool empty() const { return objects.empty(); }
};

// status.conditions as upstream words them. A condition whose status stays keeps its time.
base::Json namespace_conditions(const NamespaceContent& content, const base::Json* before, base::WallTime now);

class NamespaceReconciler final : public Reconciler {
 public:
  // Both outlive it.
  NamespaceReconciler(resources::Resources& resources, base::Clock& clock) : resources_(resources), clock_(clock) {}

  const schemas::Kind& kind() const override;
  base::Task<Requeue> reconcile(Key key) override;

  // Whether the change lets an ending namespace go on; its name then.
  static std::optional<Key> concerned(const resources::ObjectChange& change);

 private:
  base::Task<NamespaceContent> empty(std::string ns);
  base::Task<void> remove_all(const schemas::Kind& kind, std::span<const resources::Object> objects,
                              NamespaceContent& content);
  base::Task<void> remove(const schemas::Kind& kind, resources::Object object, NamespaceContent& content);
  base::Task<void> report(const base::Json& object, const NamespaceContent& content);

  resources::Resources& resources_;
  base::Clock& clock_;
};

}  // namespace berth::controller
