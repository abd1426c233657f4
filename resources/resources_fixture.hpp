// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this room's tests share: Resources over a memory store that counts, a clock that stands still, and verbs in
// one line.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "resources/resources.hpp"
#include "store/memory_store.hpp"

namespace berth::resources::testing {

// Passes everything on; counts, keeps what was written, and lets a test act just before a commit.
class SpyStore final : public store::Store {
 public:
  Task<store::Entry> commit(store::Write write) override {
    ++commits;
    if (before_commit) std::exchange(before_commit, nullptr)();
    written.push_back(write);
    return inner_->commit(std::move(write));
  }
  std::optional<store::Entry> get(std::string_view key) const override { return inner_->get(key); }
  store::ListResult list(const store::ListQuery& query) const override {
    listed.push_back(query);
    listed_by = std::this_thread::get_id();
    return inner_->list(query);
  }
  std::unique_ptr<store::Watch> watch(std::string prefix, Revision after, base::Executor loop) override {
    return inner_->watch(std::move(prefix), after, loop);
  }
  Revision revision() const override { return inner_->revision(); }
  Revision compacted() const override { return inner_->compacted(); }
  Task<void> compact(Revision revision) override { return inner_->compact(revision); }
  Task<std::uint64_t> append(std::string journal, std::string bytes) override {
    ++appends;
    if (append_error) throw *append_error;
    return inner_->append(std::move(journal), std::move(bytes));
  }
  std::vector<store::JournalRecord> read_journal(std::string_view journal, std::uint64_t from,
                                                 std::size_t limit) const override {
    journal_read_from = std::min(journal_read_from, from);
    return inner_->read_journal(journal, from, limit);
  }
  store::JournalReport verify_journal(std::string_view journal) const override {
    return inner_->verify_journal(journal);
  }
  std::uint64_t journal_end(std::string_view journal) const override { return inner_->journal_end(journal); }
  Task<void> wait_journal(std::string journal, std::uint64_t after,
                          std::chrono::steady_clock::duration limit) override {
    return inner_->wait_journal(std::move(journal), after, limit);
  }
  bool verifies(std::string_view journal, const store::JournalRecord& record) const override {
    return inner_->verifies(journal, record);
  }
  Task<void> seal_journals() override { return inner_->seal_journals(); }
  Task<std::uint64_t> prune_journal(std::string journal, store::JournalKeep keep) override {
    return inner_->prune_journal(std::move(journal), keep);
  }
  Task<void> put_meta(std::string name, std::string bytes) override {
    return inner_->put_meta(std::move(name), std::move(bytes));
  }
  std::optional<std::string> get_meta(std::string_view name) const override { return inner_->get_meta(name); }
  void close() override { inner_->close(); }

  int commits = 0;
  int appends = 0;
  std::vector<store::Write> written;
  mutable std::vector<store::ListQuery> listed;
  mutable std::thread::id listed_by;
  mutable std::uint64_t journal_read_from = ~std::uint64_t{0};
  std::function<void()> before_commit;  // once
  std::optional<base::Status> append_error;

 private:
  std::unique_ptr<store::Store> inner_ = store::make_memory_store();
};

inline const Kind& kind_named(std::string_view name) { return schemas::Catalog::instance().by_name(name); }

inline Body body_of(std::string_view text) { return base::parse_json_reporting(text); }

// The Status that `act` throws; a failure when it throws none.
template <class Act>
base::Status refusal(Act&& act) {
  try {
    act();
  } catch (const base::Status& status) {
    return status;
  }
  ADD_FAILURE() << "nothing was refused";
  return base::internal_error("nothing was refused");
}

class ResourcesTest : public ::testing::Test {
 protected:
  ResourcesTest() {
    base::set_log_level(base::LogLevel::Error);
    base::run(resources->bootstrap("test"));
    forget();
  }
  ~ResourcesTest() override { std::filesystem::remove_all(dir_); }

  // Starts to count from here.
  void forget() {
    store.commits = store.appends = 0;
    store.written.clear();
    store.listed.clear();
  }

  Written create(const Kind& kind, std::string_view text, WriteOptions options = {}, std::string ns = "default") {
    return base::run(resources->create(user, kind, std::move(ns), body_of(text), std::move(options)));
  }
  Written update(const Kind& kind, const std::string& name, const Json& value, WriteOptions options = {},
                 Part part = Part::Main) {
    return base::run(resources->update(user, kind, "default", name, part, Body{value, {}}, std::move(options)));
  }
  Written merge(const Kind& kind, const std::string& name, std::string_view patch, WriteOptions options = {},
                Part part = Part::Main) {
    return base::run(
        resources->patch(user, kind, "default", name, part, PatchType::Merge, body_of(patch), std::move(options)));
  }
  Written json_patch(const Kind& kind, const std::string& name, std::string_view patch, WriteOptions options = {}) {
    return base::run(
        resources->patch(user, kind, "default", name, Part::Main, PatchType::Json, body_of(patch), std::move(options)));
  }
  Written remove(const Kind& kind, const std::string& name, DeleteOptions options = {}) {
    return base::run(resources->remove(user, kind, "default", name, std::move(options)));
  }
  Json live(const Kind& kind, std::string_view name, std::string_view ns = "default") {
    return resources->get(kind, ns, name).parse();
  }
  Written create_web(std::string_view labels = "{}") {
    return create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","labels":)" +
                                 std::string(labels) + R"(},"spec":{"host":"local","image":"nginx:1.27"}})");
  }
  // Records of the journal "audit" since `from`.
  std::vector<Json> audit(std::uint64_t from = 1) {
    std::vector<Json> records;
    for (const auto& record : store.read_journal("audit", from, 100000)) {
      records.push_back(base::parse_json(record.bytes));
    }
    return records;
  }

  const Kind& container = kind_named("Container");
  const Kind& host = kind_named("Host");
  const Kind& secret = kind_named("Secret");
  const Kind& config_map = kind_named("ConfigMap");
  const Kind& ns_kind = kind_named("Namespace");
  const Kind& event_kind = kind_named("Event");
  const Caller user{"alice", {"system:masters"}, "certificate", "192.0.2.7:51234", "req-1"};
  const Caller controller = controller_caller("container");

 private:
  static std::filesystem::path fresh_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-resources-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  const std::filesystem::path dir_ = fresh_dir();

 protected:
  SpyStore store;
  store::KeyRing keys = store::KeyRing::open(dir_ / "keys", true);
  base::FakeClock clock;
  base::Metrics metrics;
  std::unique_ptr<Resources> resources = Resources::make({&store, &keys, &clock, &metrics});
};

}  // namespace berth::resources::testing
