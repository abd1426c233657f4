// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the loops share: the cleaning ones and their feed, on one event loop over a memory store and
// a clock that stands still; ConfigMaps in a line each.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/post.hpp>
#include <filesystem>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "controller/change_feed.hpp"
#include "controller/controller.hpp"
#include "controller/garbage_collector.hpp"
#include "controller/namespace_reconciler.hpp"
#include "store/memory_store.hpp"

namespace berth::controller::testing {

using base::Json;
using base::Task;

class LoopsTest : public ::testing::Test {
 public:
  explicit LoopsTest(store::MemoryStoreOptions kept = {}) : store(store::make_memory_store(std::move(kept))) {
    base::set_log_level(base::LogLevel::Error);
    base::run(resources->bootstrap("test"));
  }
  ~LoopsTest() override { std::filesystem::remove_all(dir_); }

  // Runs `body` beside the started loops.
  template <class Test>
  void run(Task<void> (Test::*body)()) {
    base::run(run_task(body));
  }
  template <class Test>
  Task<void> run_task(Task<void> (Test::*body)()) {
    const base::Executor loop = co_await base::this_loop();
    Controller namespaces(std::make_unique<NamespaceReconciler>(*resources, clock), *resources, clock, metrics, loop);
    GarbageCollector garbage(*resources, clock, metrics, loop);
    ChangeFeed changes(*resources, clock, loop);
    changes.listen([&](const resources::ObjectChange& change) {
      if (const auto key = NamespaceReconciler::concerned(change)) namespaces.wake(*key);
      garbage.saw(change);
    });
    namespaces.start();
    garbage.start();
    changes.start();
    std::exception_ptr error;
    try {
      co_await (static_cast<Test*>(this)->*body)();
    } catch (...) {
      error = std::current_exception();
    }
    co_await changes.stop();
    co_await garbage.stop();
    co_await namespaces.stop();
    if (error) std::rethrow_exception(error);
  }

  // Lets everything that can run do so, until the condition holds.
  template <class Condition>
  Task<void> until(Condition condition) {
    for (int i = 0; i < 1'000'000; ++i) {
      if (condition()) co_return;
      co_await base::asio::post(base::use_task);
    }
    ADD_FAILURE() << "it never came to be";
  }
  // Lets everything that can run do so.
  Task<void> settle() {
    for (int i = 0; i < 500; ++i) co_await base::asio::post(base::use_task);
  }

  static const schemas::Kind& kind_named(std::string_view name) { return schemas::Catalog::instance().by_name(name); }
  // A member of metadata.ownerReferences.
  struct Owned {
    std::string uid;
    std::string name;
    bool blocks = false;
    std::string kind = "ConfigMap";
    std::string api_version = "v1";
  };
  static Json reference(const Owned& owner) {
    return base::JsonObject{{"apiVersion", owner.api_version},
                            {"kind", owner.kind},
                            {"name", owner.name},
                            {"uid", owner.uid},
                            {"blockOwnerDeletion", owner.blocks}};
  }
  // Makes a ConfigMap, or another kind; its uid.
  Task<std::string> make(std::string name, std::vector<Owned> owners = {}, std::vector<std::string> finalizers = {},
                         std::string ns = "default", std::string kind = "ConfigMap") {
    Json value;
    base::JsonObject& metadata = base::make_path(value, "metadata");
    metadata["name"] = name;
    base::JsonArray references;
    for (const Owned& owner : owners) references.push_back(reference(owner));
    if (!references.empty()) metadata["ownerReferences"] = std::move(references);
    for (const std::string& finalizer : finalizers) {
      Json& list = metadata["finalizers"];
      if (!list.is_array()) list.emplace_array();
      list.get_array().emplace_back(finalizer);
    }
    resources::Body body{value, {}};
    const schemas::Kind& of = kind_named(kind);
    const resources::Written made = co_await resources->create(user, of, ns, std::move(body), {});
    co_return std::string(base::string_at(made.object.parse(), "metadata.uid"));
  }
  Task<void> drop(std::string name, std::string policy = "", std::string ns = "default",
                  std::string kind = "ConfigMap") {
    resources::DeleteOptions options;
    options.propagation_policy = policy;
    co_await resources->remove(user, kind_named(kind), ns, name, std::move(options));
  }
  Task<void> patch(std::string name, std::string text, std::string ns = "default", std::string kind = "ConfigMap") {
    co_await resources->patch(user, kind_named(kind), ns, name, resources::Part::Main, resources::PatchType::Merge,
                              base::parse_json_reporting(text), {});
  }
  std::optional<Json> find(const std::string& name, const std::string& ns = "default",
                           const std::string& kind = "ConfigMap") const {
    const auto object = resources->find(kind_named(kind), ns, name);
    if (!object) return std::nullopt;
    return object->parse();
  }
  bool gone(const std::string& name, const std::string& ns = "default", const std::string& kind = "ConfigMap") const {
    return !find(name, ns, kind);
  }
  bool deleting(const std::string& name) const {
    const auto object = find(name);
    return object && base::find_path(*object, "metadata.deletionTimestamp") != nullptr;
  }

  std::size_t count(std::string prefix) const { return store->list({.prefix = std::move(prefix)}).entries.size(); }
  const std::filesystem::path& dir() const { return dir_; }

 private:
  static std::filesystem::path fresh_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-loops-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  const std::filesystem::path dir_ = fresh_dir();
  store::KeyRing keys_ = store::KeyRing::open(dir_ / "keys", true);

 public:
  std::unique_ptr<store::Store> store;
  const resources::Caller user{"alice", {"system:masters"}, "certificate", "", ""};
  base::FakeClock clock;
  base::Metrics metrics;
  std::unique_ptr<resources::Resources> resources = resources::Resources::make({store.get(), &keys_, &clock, &metrics});
};

}  // namespace berth::controller::testing
