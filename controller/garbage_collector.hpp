// SPDX-License-Identifier: Apache-2.0
#pragma once
// Removes what belonged to objects that are gone, as upstream's garbage collector does: in the background once the
// owner has gone; in the foreground before it goes, when it carries the finalizer foregroundDeletion; never when it
// carries `orphan`: then dependents let go of it first. An owner counts as gone only when a look at the store at that
// moment says that nothing of that name has that uid. Dependents come from an index. Lives on one event loop.
#include "controller/owner_references.hpp"
#include "controller/work_loop.hpp"
#include "resources/resources.hpp"

namespace berth::controller {

class GarbageCollector {
 public:
  // All outlive it.
  GarbageCollector(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics, base::Executor loop);

  void start() { work_.start(); }
  base::Task<void> stop() { return work_.stop(); }
  // What the change feed tells. On the loop.
  void saw(const resources::ObjectChange& change);

 private:
  // One object as a pass finds it.
  struct Item {
    resources::Place place;
    base::Json value;
    resources::Revision revision = 0;
    std::string uid() const { return std::string(base::string_at(value, "metadata.uid")); }
  };
  struct Owners {
    std::size_t solid = 0;
    std::set<std::string> dangling;  // uids
    std::set<std::string> waiting;   // for their dependents to go
    const OwnerReference* misplaced = nullptr;
    bool unknown = false;  // of a kind that is not served here: no word on whether it lives
  };

  std::optional<Item> load(const resources::Place& place) const;
  Owners classify(const Item& item, const std::vector<OwnerReference>& references) const;
  std::optional<resources::Place> place_of(const OwnerReference& owner, const std::string& ns) const;
  void wake(const resources::Place& place);

  base::Task<Requeue> pass(Key key);
  base::Task<void> orphan_dependents(Item owner);
  base::Task<void> remove_dependents(Item owner);
  base::Task<void> collect(Item item);
  base::Task<void> collect_in_foreground(Item item);
  base::Task<void> remove(Item item, std::string policy);
  base::Task<void> let_go(const resources::Place& place, std::string uid, std::set<std::string> owners);

  resources::Resources& resources_;
  WorkLoop work_;
};

}  // namespace berth::controller
