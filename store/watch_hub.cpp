// SPDX-License-Identifier: Apache-2.0
#include "store/watch_hub.hpp"

#include <algorithm>

#include "store/write_rules.hpp"

namespace berth::store {

bool fits(const Event& event, std::size_t& bytes) {
  const std::size_t before = bytes;
  bytes += event.entry.value->size() + (event.before ? event.before->value->size() : 0);
  return before == 0 || bytes <= kMostBytesAtOnce;
}

WatchHub::WatchHub(RingLimits limits, Revision newest, base::Metrics& metrics)
    : limits_(limits),
      dropped_(newest),
      newest_(newest),
      watchers_(metrics.gauge("berth_store_watchers", "Watches that follow the ring of events.")),
      expired_(metrics.counter("berth_store_watch_expired_total", "Watches ended because their start was gone.")) {}

void WatchHub::publish(std::vector<Event> events, LoopPosts& posts) {
  const std::scoped_lock lock(mutex_);
  for (Event& event : events) {
    const Revision revision = event.entry.revision;
    const std::string_view key = event.entry.key;
    for (auto length = lengths_.begin(); length != lengths_.end() && *length <= key.size();
         length = lengths_.upper_bound(*length)) {
      const auto found = places_.find(std::string(key.substr(0, *length)));
      if (found == places_.end()) continue;
      for (WatchPlace* place : found->second) {
        if (place->unseen || revision <= place->after) continue;
        place->unseen = revision;
        posts.notify(place->loop, place->signal);
      }
    }
    bytes_ += event.entry.value->size();
    newest_ = revision;
    ring_.push_back(std::make_shared<const Event>(std::move(event)));
  }
  while (!ring_.empty() && (ring_.size() > limits_.events || bytes_ > limits_.bytes)) {
    dropped_ = ring_.front()->entry.revision;
    bytes_ -= ring_.front()->entry.value->size();
    ring_.pop_front();
  }
}

WatchHub::Ring::const_iterator WatchHub::first_after(Revision revision) const {
  return std::ranges::upper_bound(ring_, revision, {}, [](const Shared& event) { return event->entry.revision; });
}

std::optional<Revision> WatchHub::next_match(Ring::const_iterator from, const std::string& prefix) const {
  const auto found =
      std::find_if(from, ring_.end(), [&prefix](const Shared& event) { return event->entry.key.starts_with(prefix); });
  if (found == ring_.end()) return std::nullopt;
  return (*found)->entry.revision;
}

bool WatchHub::attach(WatchPlace& place) {
  const std::scoped_lock lock(mutex_);
  if (place.after < dropped_) return false;
  place.unseen = next_match(first_after(place.after), place.prefix);
  place.attached = true;
  places_[place.prefix].push_back(&place);
  lengths_.insert(place.prefix.size());
  watchers_.add(1);
  return true;
}

void WatchHub::detach(WatchPlace& place) {
  const std::scoped_lock lock(mutex_);
  remove_place(place);
}

void WatchHub::remove_place(WatchPlace& place) {
  if (!std::exchange(place.attached, false)) return;
  const auto found = places_.find(place.prefix);
  std::erase(found->second, &place);
  if (found->second.empty()) places_.erase(found);
  lengths_.erase(lengths_.find(place.prefix.size()));
  watchers_.add(-1);
}

std::vector<WatchHub::Shared> WatchHub::take(WatchPlace& place, std::size_t most) {
  std::vector<Shared> taken;
  const std::scoped_lock lock(mutex_);
  if (closed_) throw base::Status(base::Reason::Cancelled, "the store is closing");
  if (!place.unseen || most == 0) return taken;
  if (*place.unseen <= dropped_) {
    const base::Status status = too_old(*place.unseen - 1, dropped_);
    remove_place(place);
    expired_.increment();
    throw status;
  }
  auto at = first_after(*place.unseen - 1);
  std::size_t bytes = 0;
  for (; at != ring_.end() && taken.size() < most; ++at) {
    if (!(*at)->entry.key.starts_with(place.prefix)) continue;
    if (!fits(**at, bytes)) break;
    taken.push_back(*at);
  }
  place.after = taken.back()->entry.revision;
  place.unseen = next_match(at, place.prefix);
  return taken;
}

Revision WatchHub::progress(const WatchPlace& place) const {
  const std::scoped_lock lock(mutex_);
  if (!place.attached) return place.after;
  return place.unseen ? *place.unseen - 1 : std::max(newest_, place.after);
}

Revision WatchHub::newest() const {
  const std::scoped_lock lock(mutex_);
  return newest_;
}

void WatchHub::check_open() const {
  const std::scoped_lock lock(mutex_);
  if (closed_) throw base::Status(base::Reason::Cancelled, "the store is closing");
}

void WatchHub::close(LoopPosts& posts) {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  for (const auto& [prefix, places] : places_) {
    for (const WatchPlace* place : places) posts.notify(place->loop, place->signal);
  }
}

}  // namespace berth::store
