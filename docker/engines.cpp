// SPDX-License-Identifier: Apache-2.0
// The register of hosts: an immutable map that writers replace, so that find() takes no lock.
#include "docker/engines.hpp"

#include "base/run_on.hpp"
#include "docker/engine_entry.hpp"

namespace berth::docker {

namespace {

using Entries = std::map<std::string, std::shared_ptr<EngineEntry>>;

class EngineRegister final : public Engines {
 public:
  EngineRegister(base::Metrics& metrics, base::Clock& clock, EnginesOptions options)
      : context_{metrics, clock, options, {}}, entries_(std::make_shared<const Entries>()) {}

  void configure(const std::string& host, const std::string& connector_id,
                 std::function<std::unique_ptr<Connector>()> make_connector, base::Executor loop) override {
    std::shared_ptr<const Entries> current = entries();
    while (true) {
      const auto found = current->find(host);
      const std::shared_ptr<EngineEntry> previous = found == current->end() ? nullptr : found->second;
      if (previous && previous->connector_id() == connector_id) return;
      auto made = std::make_shared<EngineEntry>(context_, host, connector_id, make_connector(), loop, previous);
      auto next = std::make_shared<Entries>(*current);
      (*next)[host] = made;
      if (!replace(current, std::move(next))) continue;
      made->start();
      return;
    }
  }

  Task<void> remove(std::string host) override {
    std::shared_ptr<const Entries> current = entries();
    while (true) {
      const auto found = current->find(host);
      if (found == current->end()) co_return;
      const std::shared_ptr<EngineEntry> entry = found->second;
      auto next = std::make_shared<Entries>(*current);
      next->erase(host);
      if (!replace(current, std::move(next))) continue;
      co_await base::run_on(entry->loop(), entry->stop());
      co_return;
    }
  }

  std::shared_ptr<Engine> find(const std::string& host) const override {
    const auto current = entries();
    const auto found = current->find(host);
    return found == current->end() ? nullptr : found->second;
  }

  std::vector<std::string> hosts() const override {
    std::vector<std::string> names;
    const auto current = entries();
    for (const auto& [host, entry] : *current) names.push_back(host);
    return names;
  }

  void listen(Listener listener) override { context_.listeners.push_back(std::move(listener)); }

  void resync_all() override {
    const auto current = entries();
    for (const auto& [host, entry] : *current) entry->request_resync();
  }

  Task<void> shutdown() override {
    const auto all = std::atomic_exchange(&entries_, std::make_shared<const Entries>());
    base::Scope stops(co_await base::this_loop(), "stops of engines");
    for (const auto& [host, entry] : *all) stops.spawn(stop(entry));
    co_await stops.join();
  }

 private:
  static Task<void> stop(std::shared_ptr<EngineEntry> entry) { co_await base::run_on(entry->loop(), entry->stop()); }
  std::shared_ptr<const Entries> entries() const { return std::atomic_load(&entries_); }
  // False when another writer came first; `current` is then what it wrote.
  bool replace(std::shared_ptr<const Entries>& current, std::shared_ptr<const Entries> next) {
    return std::atomic_compare_exchange_strong(&entries_, &current, std::move(next));
  }

  EngineContext context_;
  std::shared_ptr<const Entries> entries_;  // atomically
};

}  // namespace

std::unique_ptr<Engines> Engines::make(base::Metrics& metrics, base::Clock& clock, EnginesOptions options) {
  return std::make_unique<EngineRegister>(metrics, clock, options);
}

}  // namespace berth::docker
