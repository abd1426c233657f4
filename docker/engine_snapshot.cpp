// SPDX-License-Identifier: Apache-2.0
// How an entry's snapshot follows the engine.
#include "base/log.hpp"
#include "base/status.hpp"
#include "docker/container_view.hpp"
#include "docker/engine_entry.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;
using base::string_at;

namespace {

std::map<std::string, Json> by_key(const Json& list, const char* key) {
  std::map<std::string, Json> entries;
  if (!list.is_array()) return entries;
  for (const Json& entry : list.as_array()) entries.emplace(string_at(entry, key), entry);
  return entries;
}

bool has_label(const Json& row, const std::string& label) {
  const Json* labels = base::find_path(row, "Labels");
  return labels != nullptr && labels->is_object() && labels->get_object().contains(label);
}

}  // namespace

SnapshotPtr EngineEntry::snapshot() const {
  const SnapshotPtr current = std::atomic_load(&state_)->snapshot;
  static const SnapshotPtr empty = std::make_shared<const Snapshot>();
  return current ? current : empty;
}

void EngineEntry::publish_state(EngineState next) {
  std::atomic_store(&state_, std::shared_ptr<const EngineState>(std::make_shared<EngineState>(std::move(next))));
}

void EngineEntry::publish(std::shared_ptr<Snapshot> next) {
  next->generation = snapshot()->generation + 1;
  EngineState state = *std::atomic_load(&state_);
  state.snapshot = std::move(next);
  publish_state(std::move(state));
}

void EngineEntry::tell(const ContainerView* view) {
  EngineChange change;
  change.host = host_;
  if (view != nullptr) {
    change.container = view->id;
    change.name = view->name;
    change.labels = view->labels;
  }
  for (const Engines::Listener& listener : context_.listeners) listener(change);
}

// A read under way: answers that were asked for earlier than one that is already applied are dropped.
class EngineEntry::Read {
 public:
  explicit Read(EngineEntry& entry) : entry_(entry), ticket_(entry.next_ticket_++) { ++entry_.reads_under_way_; }
  ~Read() {
    if (--entry_.reads_under_way_ == 0) entry_.applied_.clear();
  }
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;
  std::uint64_t ticket() const { return ticket_; }

 private:
  EngineEntry& entry_;
  std::uint64_t ticket_;
};

// `view` is null when the container is gone.
void EngineEntry::apply_container(const std::string& id, std::uint64_t ticket,
                                  std::shared_ptr<const ContainerView> view) {
  std::uint64_t& applied = applied_[id];
  if (applied > ticket) return;
  applied = ticket;
  const SnapshotPtr current = snapshot();
  const auto found = current->containers.find(id);
  const std::shared_ptr<const ContainerView> before = found == current->containers.end() ? nullptr : found->second;
  if (!before && !view) return;
  if (before && view && before->inspect == view->inspect) return;
  auto next = std::make_shared<Snapshot>(*current);
  if (before) {
    // The name may be another container's by now.
    const auto name = next->container_names.find(before->name);
    if (name != next->container_names.end() && name->second == id) next->container_names.erase(name);
  }
  if (view) {
    next->container_names[view->name] = id;
    next->containers[id] = view;
  } else {
    next->containers.erase(id);
  }
  publish(std::move(next));
  tell(view ? view.get() : before.get());
  // A rename wakes who knows the old name as well.
  if (before && view && before->name != view->name) tell(before.get());
}

Task<void> EngineEntry::inspect_one(std::string id) {
  const Read read(*this);
  std::shared_ptr<const ContainerView> view;
  try {
    Json inspect = co_await client_->inspect_container(id);
    view = make_container_view(std::move(inspect));
  } catch (const Status& status) {
    if (status.reason() != Reason::NotFound) throw;
  }
  apply_container(view ? view->id : id, read.ticket(), view);
}

// One container that the engine cannot inspect must not hide the others.
Task<void> EngineEntry::inspect_if_possible(std::string id) {
  try {
    co_await inspect_one(id);
  } catch (const Status& status) {
    if (status.reason() == Reason::ServiceUnavailable || status.reason() == Reason::Timeout) throw;
    if (status.reason() == Reason::Cancelled) throw;
    base::log_warning("container not inspected", {{"host", host_}, {"container", id}, {"error", status.what()}});
  }
}

Task<SnapshotPtr> EngineEntry::refresh_container(std::string id) {
  client();
  const SnapshotPtr current = snapshot();
  if (const auto named = current->container_names.find(id); named != current->container_names.end()) {
    id = named->second;
  }
  co_await inspect_one(std::move(id));
  co_return snapshot();
}

// One list, then an inspect for each container that it shows to be unknown or changed.
Task<void> EngineEntry::list_rows() {
  std::vector<std::string> stale;
  {
    const Read read(*this);
    const Json rows = co_await client_->list_containers();
    const std::map<std::string, Json> listed = by_key(rows, "Id");
    const SnapshotPtr current = snapshot();
    for (const auto& [id, row] : listed) {
      const auto known = current->containers.find(id);
      if (known == current->containers.end() || row_differs(row, *known->second)) stale.push_back(id);
    }
    for (const auto& [id, view] : current->containers) {
      if (!listed.contains(id)) apply_container(id, read.ticket(), nullptr);
    }
  }
  for (std::string& id : stale) co_await inspect_if_possible(std::move(id));
  resyncs_counter_.increment();
}

Task<void> EngineEntry::list_others() {
  const Json networks = co_await client_->list_networks();
  apply_list(&Snapshot::networks, by_key(networks, "Id"));
  const Json volumes = co_await client_->list_volumes();
  apply_list(&Snapshot::volumes, by_key(volumes, "Name"));
  const Json images = co_await client_->list_images();
  apply_list(&Snapshot::images, by_key(images, "Id"));
}

Task<SnapshotPtr> EngineEntry::resync() {
  client();
  co_await list_rows();
  co_return snapshot();
}

// A snapshot from nothing, after time without events: a list does not show all that an inspect does.
Task<std::shared_ptr<Snapshot>> EngineEntry::list_everything() {
  auto listed = std::make_shared<Snapshot>();
  const Json networks = co_await client_->list_networks();
  listed->networks = by_key(networks, "Id");
  const Json volumes = co_await client_->list_volumes();
  listed->volumes = by_key(volumes, "Name");
  const Json images = co_await client_->list_images();
  listed->images = by_key(images, "Id");
  const Json rows = co_await client_->list_containers();
  if (!rows.is_array()) throw base::internal_error("the engine's list of containers is no list");
  for (const Json& row : rows.as_array()) {
    const std::string id(string_at(row, "Id"));
    try {
      Json inspect = co_await client_->inspect_container(id);
      auto view = make_container_view(std::move(inspect));
      listed->container_names[view->name] = id;
      listed->containers[id] = std::move(view);
    } catch (const Status& status) {
      // What the engine cannot describe is left out, but never a container of ours: an object would take it for gone.
      const bool gone = status.reason() == Reason::NotFound;
      if (!gone && (status.reason() != Reason::InternalError || has_label(row, context_.options.owner_label))) throw;
    }
  }
  co_return listed;
}

void EngineEntry::apply_list(std::map<std::string, Json> Snapshot::* member, std::map<std::string, Json> list) {
  const SnapshotPtr current = snapshot();
  if ((*current).*member == list) return;
  auto next = std::make_shared<Snapshot>(*current);
  (*next).*member = std::move(list);
  publish(std::move(next));
  tell(nullptr);
}

Task<SnapshotPtr> EngineEntry::refresh_images() {
  const Json list = co_await client().list_images();
  apply_list(&Snapshot::images, by_key(list, "Id"));
  co_return snapshot();
}

Task<SnapshotPtr> EngineEntry::refresh_networks() {
  const Json list = co_await client().list_networks();
  apply_list(&Snapshot::networks, by_key(list, "Id"));
  co_return snapshot();
}

Task<SnapshotPtr> EngineEntry::refresh_volumes() {
  const Json list = co_await client().list_volumes();
  apply_list(&Snapshot::volumes, by_key(list, "Name"));
  co_return snapshot();
}

}  // namespace berth::docker
