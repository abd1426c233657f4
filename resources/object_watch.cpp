// SPDX-License-Identifier: Apache-2.0
#include "resources/object_watch.hpp"

#include "resources/request/list_position.hpp"
#include "resources/request/selector.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kMostEventsAtOnce = 512;

class SelectedWatch final : public ObjectWatch {
 public:
  SelectedWatch(const ObjectReader& reader, const Kind& kind, Selector selector, const WatchOptions& options)
      : reader_(reader),
        kind_(kind),
        selector_(std::move(selector)),
        leaves_sealed_(ObjectReader::leaves_sealed(kind, options)) {}

  void start(std::string prefix, const WatchOptions& options, base::Executor loop) {
    Revision after = 0;
    if (!options.resource_version.empty()) {
      const auto revision = parse_revision(options.resource_version);
      if (!revision) throw base::bad_request("invalid resource version \"" + options.resource_version + "\"");
      after = *revision;
    }
    if (after == 0) after = list_present(prefix);
    inner_ = reader_.store().watch(std::move(prefix), after, loop);
  }

  Task<std::vector<WatchEvent>> next_for(std::chrono::steady_clock::duration limit) override {
    if (!present_.empty()) co_return std::exchange(present_, {});
    const auto end = std::chrono::steady_clock::now() + limit;
    std::vector<WatchEvent> events;
    auto left = limit;
    do {
      const std::vector<store::Event> changes = co_await inner_->next_for(kMostEventsAtOnce, left);
      if (changes.empty()) break;
      for (const store::Event& change : changes) {
        if (auto event = translate(change)) events.push_back(*std::move(event));
      }
      left = end - std::chrono::steady_clock::now();
    } while (events.empty() && left > left.zero());
    co_return events;
  }

  Revision progress() const override { return present_.empty() ? inner_->progress() : 0; }

 private:
  Revision list_present(const std::string& prefix) {
    store::ListQuery query;
    query.prefix = prefix;
    query.terms = selector_.needed_terms();
    const store::ListResult result = reader_.store().list(query);
    for (const store::Entry& entry : result.entries) {
      if (selector_.matches(kind_, entry)) present_.push_back(show(WatchEventType::Added, entry, entry.revision));
    }
    return result.revision;
  }

  WatchEvent show(WatchEventType type, const store::Entry& entry, Revision revision) const {
    if (leaves_sealed_) return {type, {nullptr, revision}, SealedObject{entry, revision}};
    if (revision != entry.revision) return {type, reader_.present_at(kind_, entry, revision)};
    return {type, reader_.present(kind_, entry)};
  }

  // What the change means to who sees only what is selected.
  std::optional<WatchEvent> translate(const store::Event& change) const {
    const Revision revision = change.entry.revision;
    const bool was = change.before && selector_.matches(kind_, *change.before);
    if (change.op == store::Op::Delete) {
      if (!was) return std::nullopt;
      return show(WatchEventType::Deleted, change.entry, revision);
    }
    const bool is = selector_.matches(kind_, change.entry);
    if (is) return show(was ? WatchEventType::Modified : WatchEventType::Added, change.entry, revision);
    if (!was) return std::nullopt;
    return show(WatchEventType::Deleted, *change.before, revision);
  }

  const ObjectReader& reader_;
  const Kind& kind_;
  const Selector selector_;
  const bool leaves_sealed_;
  std::vector<WatchEvent> present_;  // not handed over yet
  std::unique_ptr<store::Watch> inner_;
};

}  // namespace

std::unique_ptr<ObjectWatch> watch_objects(const ObjectReader& reader, const Kind& kind, const std::string& ns,
                                           const WatchOptions& options, base::Executor loop) {
  Selector selector = Selector::parse(kind, options.label_selector, options.field_selector);
  std::string prefix = selector.key_prefix(kind, ns);
  auto watch = std::make_unique<SelectedWatch>(reader, kind, std::move(selector), options);
  watch->start(std::move(prefix), options, loop);
  return watch;
}

}  // namespace berth::resources
