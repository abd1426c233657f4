// SPDX-License-Identifier: Apache-2.0
#include "resources/change_watch.hpp"

#include <algorithm>

#include "resources/object/object_key.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kMostEventsAtOnce = 512;

bool is_telling(std::string_view term) { return term == kDeletingTerm || term.starts_with(kOwnerTermPrefix); }
bool is_telling(const store::Entry& entry) {
  return std::ranges::any_of(entry.terms, [](const std::string& term) { return is_telling(std::string_view(term)); });
}

std::optional<Place> place_of(std::string_view key) {
  const Kind* kind = kind_of_key(key);
  if (kind == nullptr) return std::nullopt;  // of a kind that this release does not know
  const PlaceInKey place = place_in(*kind, key);
  return Place{kind, std::string(place.ns), std::string(place.name)};
}

Object object_of(const store::Entry& entry) { return {entry.value, entry.revision}; }

class StoredChanges final : public ChangeWatch {
 public:
  StoredChanges(store::Store& store, base::Executor loop) {
    const store::ListResult all = store.list({});
    for (const store::Entry& entry : all.entries) {
      if (!is_telling(entry)) continue;
      if (auto place = place_of(entry.key))
        present_.push_back({*std::move(place), ObjectChange::Type::Put, object_of(entry), {}});
    }
    inner_ = store.watch("", all.revision, loop);
  }

  Task<std::vector<ObjectChange>> next() override {
    if (!present_.empty()) co_return std::exchange(present_, {});
    std::vector<ObjectChange> changes;
    while (changes.empty()) {
      const std::vector<store::Event> events = co_await inner_->next(kMostEventsAtOnce);
      for (const store::Event& event : events) {
        if (auto change = translate(event)) changes.push_back(*std::move(change));
      }
    }
    co_return changes;
  }

 private:
  static std::optional<ObjectChange> translate(const store::Event& event) {
    const bool gone = event.op == store::Op::Delete;
    const bool telling = gone || is_telling(event.entry) || (event.before && is_telling(*event.before));
    auto place = telling ? place_of(event.entry.key) : std::nullopt;
    if (!place) return std::nullopt;
    ObjectChange change{
        *std::move(place), gone ? ObjectChange::Type::Gone : ObjectChange::Type::Put, object_of(event.entry), {}};
    if (event.before) change.before = object_of(*event.before);
    return change;
  }

  std::vector<ObjectChange> present_;  // not handed over yet
  std::unique_ptr<store::Watch> inner_;
};

}  // namespace

std::unique_ptr<ChangeWatch> watch_changes(store::Store& store, base::Executor loop) {
  return std::make_unique<StoredChanges>(store, loop);
}

}  // namespace berth::resources
