// SPDX-License-Identifier: Apache-2.0
// How an entry's snapshot follows the engine.
#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "base/status.hpp"
#include "docker/container_view.hpp"
#include "docker/engine_entry.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;
using base::string_at;

namespace {

constexpr std::size_t kAbreast = 8;  // inspects of one engine in flight: a long way must not be walked for each alone

Listed by_key(Json list, const char* key) {
  Listed::Map entries;
  if (!list.is_array()) return {};
  for (Json& entry : list.get_array()) {
    std::string at(string_at(entry, key));
    entries.emplace(std::move(at), std::move(entry));
  }
  return Listed(std::move(entries));
}

const base::JsonArray& rows_of(const Json& list) {
  if (!list.is_array()) throw base::internal_error("the engine's list of containers is no list");
  return list.get_array();
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
void EngineEntry::apply_container(const std::string& id, std::uint64_t ticket, ContainerViewPtr view) {
  std::uint64_t& applied = applied_[id];
  if (applied > ticket) return;
  applied = ticket;
  const SnapshotPtr current = snapshot();
  const auto found = current->containers.find(id);
  const ContainerViewPtr before = found == current->containers.end() ? nullptr : found->second;
  if (!before && !view) return;
  if (before && view && before->extent == view->extent && before->text == view->text) return;
  auto next = std::make_shared<Snapshot>(*current);
  if (view) {
    next->containers.put(view);
  } else {
    next->containers.erase(id);
  }
  publish(std::move(next));
  tell(view ? view.get() : before.get());
  // A rename wakes who knows the old name as well.
  if (before && view && before->name != view->name) tell(before.get());
}

// What somebody has asked for once is known whole from then on, as what is ours; also by a read that was begun for an
// event meanwhile, and whose answer comes first.
ContainerView::Extent EngineEntry::extent_of(const std::string& id) const {
  if (asked_.contains(id)) return ContainerView::Extent::Whole;
  const SnapshotPtr current = snapshot();
  const auto known = current->containers.find(id);
  const bool whole = known != current->containers.end() && known->second->extent == ContainerView::Extent::Whole;
  return whole ? ContainerView::Extent::Whole : ContainerView::Extent::Shown;
}

// What the same answer has told before; mostly an event of what we have done ourselves, and have read since.
ContainerViewPtr EngineEntry::known_by(const std::string& id, const std::string& text) const {
  const SnapshotPtr current = snapshot();
  const auto known = current->containers.find(id);
  const bool same = known != current->containers.end() && known->second->text == text;
  return same ? known->second : nullptr;
}

Task<void> EngineEntry::inspect_one(std::string id, ContainerView::Extent extent) {
  const Read read(*this);
  if (extent == ContainerView::Extent::Whole) asked_.insert(id);
  ContainerViewPtr view;
  try {
    std::string text = co_await client_->describe_container(id);
    view = known_by(id, text);
    // It may have been asked for meanwhile.
    if (!view) view = view_of_inspect(std::move(text), std::max(extent, extent_of(id)), context_.options.owner_label);
  } catch (const Status& status) {
    if (status.reason() != Reason::NotFound) {
      if (extent == ContainerView::Extent::Whole) asked_.erase(id);
      throw;
    }
  }
  apply_container(view ? view->id : id, read.ticket(), view);
  if (extent == ContainerView::Extent::Whole) asked_.erase(id);  // the snapshot says it from here on
}

bool EngineEntry::is_ours(const std::string& id) const {
  const SnapshotPtr current = snapshot();
  const auto known = current->containers.find(id);
  return known != current->containers.end() && known->second->labels.contains(context_.options.owner_label);
}

// One container that the engine cannot inspect, or is long about, must not hide the others: whether the engine hangs as
// a whole is told by a ping.
Task<void> EngineEntry::inspect_if_possible(std::string id) {
  try {
    const auto extent = extent_of(id);
    co_await inspect_one(id, extent);
  } catch (const Status& status) {
    if (status.reason() == Reason::ServiceUnavailable || status.reason() == Reason::Cancelled) throw;
    if (status.reason() == Reason::Timeout && is_ours(id)) {
      dirty_.containers.insert(id);
      dirty_signal_.notify();
    }
    base::log_warning("container not inspected", {{"host", host_}, {"container", id}, {"error", status.what()}});
  }
}

Task<SnapshotPtr> EngineEntry::refresh_container(std::string id) {
  client();
  const SnapshotPtr current = snapshot();
  if (const ContainerView* named = current->container_by_name(id)) id = named->id;
  // What events have told so far is in the answer to come.
  const bool told = dirty_.containers.erase(id) > 0;
  if (told) unread_.insert(id);
  std::exception_ptr error;
  try {
    co_await inspect_one(id, ContainerView::Extent::Whole);
  } catch (...) {
    error = std::current_exception();
  }
  // A session that is being begun forgets it by itself.
  if (told && std::atomic_load(&state_)->reachable == Reachability::Reachable) unread_.erase(id);
  if (error && told) {
    dirty_.containers.insert(id);
    dirty_signal_.notify();
  }
  if (error) std::rethrow_exception(error);
  co_return snapshot();
}

// At most kAbreast at a time. When one fails the others end, and its error is thrown.
Task<void> EngineEntry::abreast(std::vector<std::string> ids, std::function<Task<void>(std::string)> part) {
  base::Scope crowd(loop(), "inspects of " + host_);
  std::exception_ptr error;
  // Where each call takes one of the few sessions that a server allows, the sign of life needs one, too.
  const std::size_t most = client_->link().transport == "DialStdio" ? 1 : kAbreast;
  const std::size_t wanted = std::min(most, ids.size());
  for (std::size_t i = 0; i < wanted; ++i) crowd.spawn(one_by_one(ids, part, crowd, error));
  co_await crowd.join();
  if (error) std::rethrow_exception(error);
}

Task<void> EngineEntry::one_by_one(std::vector<std::string>& ids, const std::function<Task<void>(std::string)>& part,
                                   base::Scope& crowd, std::exception_ptr& error) {
  try {
    while (!ids.empty()) {
      std::string id = std::move(ids.back());
      ids.pop_back();
      co_await part(std::move(id));
    }
  } catch (...) {
    if (!error) error = std::current_exception();
  }
  if (error) crowd.cancel();
}

// One list, then an inspect for each container that it shows to be unknown or changed.
Task<void> EngineEntry::list_rows() {
  std::vector<std::string> stale;
  {
    const Read read(*this);
    const Json rows = co_await client_->list_containers();
    const SnapshotPtr current = snapshot();
    std::set<std::string_view> listed;
    for (const Json& row : rows_of(rows)) {
      const std::string_view id = string_at(row, "Id");
      listed.insert(id);
      const auto known = current->containers.find(id);
      if (known == current->containers.end() || row_differs(row, *known->second)) {
        stale.emplace_back(id);
      } else if (known->second->extent == ContainerView::Extent::Row) {
        dirty_.strangers.emplace(id);  // it could not be inspected
      }
    }
    for (const auto& [id, view] : current->containers) {
      if (!listed.contains(id)) apply_container(id, read.ticket(), nullptr);
    }
  }
  if (!dirty_.strangers.empty()) dirty_signal_.notify();
  co_await abreast(std::move(stale), [this](std::string id) { return inspect_if_possible(std::move(id)); });
  resyncs_counter_.increment();
}

Task<void> EngineEntry::list_others() {
  Json networks = co_await client_->list_networks();
  apply_list(&Snapshot::networks, by_key(std::move(networks), "Id"));
  Json volumes = co_await client_->list_volumes();
  apply_list(&Snapshot::volumes, by_key(std::move(volumes), "Name"));
  Json images = co_await client_->list_images();
  apply_list(&Snapshot::images, by_key(std::move(images), "Id"));
}

Task<SnapshotPtr> EngineEntry::resync() {
  client();
  co_await list_rows();
  co_return snapshot();
}

// A snapshot after time without events. What has the same row as before is as it was; of ours that holds while the
// events since then can be had, that is for the life of a daemon, which makes its bridge anew when it starts. What a
// list does not show and no event told is looked for at the first resync. A stranger is as its row has it until its
// turn comes.
Task<std::shared_ptr<Snapshot>> EngineEntry::list_everything() {
  auto listed = std::make_shared<Snapshot>();
  Json networks = co_await client_->list_networks();
  listed->networks = by_key(std::move(networks), "Id");
  Json volumes = co_await client_->list_volumes();
  listed->volumes = by_key(std::move(volumes), "Name");
  Json images = co_await client_->list_images();
  listed->images = by_key(std::move(images), "Id");
  std::vector<std::string> ours;
  std::vector<std::string> asked;
  {
    const Json rows = co_await client_->list_containers();
    sort_rows(rows, *listed, ours, asked);
  }
  // One of ours that the engine cannot describe must not be left out: an object would take it for gone.
  co_await abreast(std::move(ours), [this, listed](std::string id) { return look_at(std::move(id), listed); });
  co_await abreast(std::move(asked),
                   [this, listed](std::string id) { return look_at_stranger(std::move(id), listed); });
  for (const auto& [id, view] : listed->containers) {
    if (view->extent == ContainerView::Extent::Row) dirty_.strangers.insert(id);
  }
  co_return listed;
}

// Into what is known of them already, or by their rows, and the ids of those that are to be inspected first.
void EngineEntry::sort_rows(const Json& rows, Snapshot& listed, std::vector<std::string>& ours,
                            std::vector<std::string>& asked) {
  const SnapshotPtr before = snapshot();
  const bool same_daemon = listed.networks == before->networks;
  for (const Json& row : rows_of(rows)) {
    std::string id(string_at(row, "Id"));
    const auto known = before->containers.find(id);
    const bool same = known != before->containers.end() && !row_differs(row, *known->second);
    const bool owned = has_label(row, context_.options.owner_label);
    const bool whole = owned || extent_of(id) == ContainerView::Extent::Whole;
    if (whole && same && same_daemon && known->second->extent == ContainerView::Extent::Whole &&
        !unread_.contains(id)) {
      listed.containers.put(known->second);
      kept_ = true;
      continue;
    }
    if (!owned) listed.containers.put(same ? known->second : view_of_row(row));
    if (whole) (owned ? ours : asked).push_back(std::move(id));
  }
}

Task<void> EngineEntry::look_at(std::string id, std::shared_ptr<Snapshot> listed) {
  try {
    std::string text = co_await client_->describe_container(id);
    auto view = view_of_inspect(std::move(text), ContainerView::Extent::Whole, context_.options.owner_label);
    listed->containers.put(std::move(view));
  } catch (const Status& status) {
    if (status.reason() != Reason::NotFound) throw;
    listed->containers.erase(id);
  }
}

Task<void> EngineEntry::look_at_stranger(std::string id, std::shared_ptr<Snapshot> listed) {
  try {
    co_await look_at(std::move(id), std::move(listed));
  } catch (const Status& status) {
    if (status.reason() != Reason::InternalError) throw;
  }
}

void EngineEntry::apply_list(Listed Snapshot::* member, Listed list) {
  const SnapshotPtr current = snapshot();
  if ((*current).*member == list) return;
  auto next = std::make_shared<Snapshot>(*current);
  (*next).*member = std::move(list);
  publish(std::move(next));
  tell(nullptr);
}

Task<SnapshotPtr> EngineEntry::refresh_images() {
  Json list = co_await client().list_images();
  apply_list(&Snapshot::images, by_key(std::move(list), "Id"));
  co_return snapshot();
}

Task<SnapshotPtr> EngineEntry::refresh_networks() {
  Json list = co_await client().list_networks();
  apply_list(&Snapshot::networks, by_key(std::move(list), "Id"));
  co_return snapshot();
}

Task<SnapshotPtr> EngineEntry::refresh_volumes() {
  Json list = co_await client().list_volumes();
  apply_list(&Snapshot::volumes, by_key(std::move(list), "Name"));
  co_return snapshot();
}

}  // namespace berth::docker
