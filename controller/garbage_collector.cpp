// SPDX-License-Identifier: Apache-2.0
#include "controller/garbage_collector.hpp"

#include <algorithm>

#include "resources/object/deletion.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;
using resources::ObjectChange;
using resources::Place;
using schemas::Catalog;
using schemas::Kind;

resources::Caller caller() { return resources::controller_caller("garbage-collector"); }

// The queue knows namespaces and names: the kind goes before the name, "configmaps/c".
Key key_of(const Place& place) { return {place.ns, place.kind->resource() + "/" + place.name}; }
Place place_of_key(const Key& key) {
  const std::size_t slash = key.name.find('/');
  const std::string_view resource = std::string_view(key.name).substr(0, slash);
  for (const Kind& kind : Catalog::instance().kinds()) {
    if (kind.resource() == resource) return {&kind, key.ns, key.name.substr(slash + 1)};
  }
  throw base::internal_error("no kind is called " + std::string(resource));
}

bool is_deleting(const Json& object) { return base::find_path(object, "metadata.deletionTimestamp") != nullptr; }
bool waits_for_dependents(const Json& object) {
  return is_deleting(object) && resources::has_finalizer(object, resources::kForegroundFinalizer);
}

bool same_at(const Json& a, const Json& b, std::string_view path) {
  const Json* left = base::find_path(a, path);
  const Json* right = base::find_path(b, path);
  if (left == nullptr || right == nullptr) return left == right;
  return base::json_equal(*left, *right);
}

// Nothing that the collector looks at.
bool same_to_us(const Json& a, const Json& b) {
  return std::ranges::all_of(
      std::array{"metadata.ownerReferences", "metadata.deletionTimestamp", "metadata.finalizers"},
      [&](std::string_view path) { return same_at(a, b, path); });
}

// Whether an object there can belong to that owner at all.
bool may_own(const Place& owner, const Place& dependent) { return !owner.kind->namespaced || owner.ns == dependent.ns; }

}  // namespace

GarbageCollector::GarbageCollector(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics,
                                   base::Executor loop)
    : resources_(resources),
      work_("garbage-collector", clock, metrics, loop, {.pass = [this](Key key) { return pass(std::move(key)); }}) {}

void GarbageCollector::wake(const Place& place) { work_.add_now(key_of(place)); }

std::optional<Place> GarbageCollector::place_of(const OwnerReference& owner, const std::string& ns) const {
  const Kind* kind = Catalog::instance().find_kind(owner.api_version, owner.kind);
  if (kind == nullptr) return std::nullopt;
  return Place{kind, kind->namespaced ? ns : "", owner.name};
}

void GarbageCollector::saw(const ObjectChange& change) {
  const Json now = change.object.parse();
  const bool gone = change.type == ObjectChange::Type::Gone;
  const Json before = change.before ? change.before->parse() : Json();
  if (!gone && change.before && same_to_us(before, now)) return;
  if (gone) {
    for (const Place& dependent : resources_.dependents(base::string_at(now, "metadata.uid"))) wake(dependent);
  } else {
    wake(change.place);
  }
  // An owner may have waited for this one, or for its leave to go without it.
  for (const OwnerReference& owner : owner_references(change.before ? before : now)) {
    if (const auto place = place_of(owner, change.place.ns)) wake(*place);
  }
}

std::optional<GarbageCollector::Item> GarbageCollector::load(const Place& place) const {
  const auto object = resources_.find(*place.kind, place.ns, place.name);
  if (!object) return std::nullopt;
  return Item{place, object->parse(), object->revision};
}

Task<Requeue> GarbageCollector::pass(Key key) {
  std::optional<Item> item = load(place_of_key(key));
  if (!item) co_return Requeue::never();
  if (!is_deleting(item->value)) {
    co_await collect(*std::move(item));
  } else if (resources::has_finalizer(item->value, resources::kOrphanFinalizer)) {
    co_await orphan_dependents(*std::move(item));
  } else if (waits_for_dependents(item->value)) {
    co_await remove_dependents(*std::move(item));
  }
  co_return Requeue::never();
}

Task<void> GarbageCollector::let_go(const Place& place, std::string uid, std::set<std::string> owners) {
  resources::Edit edit = [&owners](Json& object) { return drop_owners(object, owners); };
  co_await resources_.amend(caller(), *place.kind, place.ns, place.name, std::move(uid), resources::Part::Main,
                            std::move(edit));
}

Task<void> GarbageCollector::orphan_dependents(Item owner) {
  for (const Place& place : resources_.dependents(owner.uid())) {
    const std::optional<Item> dependent = load(place);
    if (dependent) co_await let_go(place, dependent->uid(), {owner.uid()});
  }
  co_await resources_.remove_finalizer(caller(), *owner.place.kind, owner.place.ns, owner.place.name, owner.uid(),
                                       std::string(resources::kOrphanFinalizer));
}

Task<void> GarbageCollector::remove_dependents(Item owner) {
  const std::string uid = owner.uid();
  bool blocked = false;
  for (const Place& place : resources_.dependents(uid)) {
    const std::optional<Item> dependent = load(place);
    if (!dependent || !may_own(owner.place, place)) continue;
    const auto references = owner_references(dependent->value);
    blocked |= std::ranges::any_of(references, [&](const auto& each) { return each.uid == uid && each.blocks; });
    if (!is_deleting(dependent->value)) wake(place);
  }
  // Each of those wakes the owner as it goes.
  if (blocked) co_return;
  co_await resources_.remove_finalizer(caller(), *owner.place.kind, owner.place.ns, owner.place.name, uid,
                                       std::string(resources::kForegroundFinalizer));
}

GarbageCollector::Owners GarbageCollector::classify(const Item& item,
                                                    const std::vector<OwnerReference>& references) const {
  Owners owners;
  for (const OwnerReference& reference : references) {
    const auto place = place_of(reference, item.place.ns);
    if (!place) {
      owners.unknown = true;
    } else if (place->kind->namespaced && item.place.ns.empty()) {
      owners.misplaced = &reference;
    } else if (const auto owner = load(*place); !owner || owner->uid() != reference.uid) {
      owners.dangling.insert(reference.uid);
    } else if (waits_for_dependents(owner->value)) {
      owners.waiting.insert(reference.uid);
    } else {
      ++owners.solid;
    }
  }
  return owners;
}

Task<void> GarbageCollector::collect(Item item) {
  const auto references = owner_references(item.value);
  if (references.empty()) co_return;
  Owners owners = classify(item, references);
  if (owners.misplaced != nullptr) {
    const OwnerReference& owner = *owners.misplaced;
    resources::EventNote note{resources::EventNote::Type::Warning, "OwnerRefInvalidNamespace",
                              "ownerRef [" + owner.api_version + "/" + owner.kind + ", namespace: , name: " +
                                  owner.name + ", uid: " + owner.uid + "] does not exist in namespace \"\""};
    co_await resources_.note_event(caller(), *item.place.kind, item.value, std::move(note));
    co_return;
  }
  if (owners.unknown) co_return;
  if (owners.solid > 0) {
    owners.dangling.merge(owners.waiting);
    if (!owners.dangling.empty()) co_await let_go(item.place, item.uid(), std::move(owners.dangling));
  } else if (!owners.waiting.empty() && !resources_.dependents(item.uid()).empty()) {
    co_await collect_in_foreground(std::move(item));
  } else if (resources::has_finalizer(item.value, resources::kOrphanFinalizer)) {
    co_await remove(std::move(item), "Orphan");
  } else {
    const bool foreground = resources::has_finalizer(item.value, resources::kForegroundFinalizer);
    co_await remove(std::move(item), foreground ? "Foreground" : "Background");
  }
}

// An owner waits for this one, which has dependents itself: those go first.
Task<void> GarbageCollector::collect_in_foreground(Item item) {
  const auto in_a_circle = [this](const Place& place) {
    const std::optional<Item> dependent = load(place);
    return dependent && waits_for_dependents(dependent->value);
  };
  if (std::ranges::any_of(resources_.dependents(item.uid()), in_a_circle)) {
    const auto freed = co_await resources_.amend(caller(), *item.place.kind, item.place.ns, item.place.name, item.uid(),
                                                 resources::Part::Main, unblock_owners);
    if (!freed) co_return;
    item.revision = freed->revision;
  }
  co_await remove(std::move(item), "Foreground");
}

Task<void> GarbageCollector::remove(Item item, std::string policy) {
  resources::DeleteOptions options;
  options.uid = item.uid();
  options.resource_version = std::to_string(item.revision);
  options.propagation_policy = std::move(policy);
  try {
    co_await resources_.remove(caller(), *item.place.kind, item.place.ns, item.place.name, std::move(options));
    co_return;
  } catch (const base::Status& status) {
    const bool meanwhile = status.reason() == base::Reason::NotFound || status.reason() == base::Reason::Conflict;
    if (!meanwhile) throw;
  }
  wake(item.place);  // it has moved: look again
}

}  // namespace berth::controller
