// SPDX-License-Identifier: Apache-2.0
#pragma once
// A store that keeps some writes waiting, or refuses them, so that a test sees what waits for what. For tests.
#include <atomic>
#include <boost/asio/post.hpp>
#include <functional>

#include "store/memory_store.hpp"

namespace berth::reconcilers::testing {

class HeldStore final : public store::Store {
 public:
  using Gate = std::function<bool(std::string_view)>;
  // A commit of a key, or a journal record, waits while its gate says so; at most 10 s, and then it has given up.
  Gate holds_key = [](std::string_view) { return false; };
  Gate holds_record = [](std::string_view) { return false; };
  Gate refuses_record = [](std::string_view) { return false; };
  std::atomic<bool> gave_up = false;

  base::Task<store::Entry> commit(store::Write write) override {
    co_await pass(holds_key, write.key);
    co_return co_await inner_->commit(std::move(write));
  }
  base::Task<std::uint64_t> append(std::string journal, std::string bytes) override {
    co_await pass(holds_record, bytes);
    if (refuses_record(bytes)) throw base::unavailable("the disk is full", std::chrono::seconds(1));
    co_return co_await inner_->append(std::move(journal), std::move(bytes));
  }
  std::optional<store::Entry> get(std::string_view key) const override { return inner_->get(key); }
  store::ListResult list(const store::ListQuery& query) const override { return inner_->list(query); }
  std::unique_ptr<store::Watch> watch(std::string prefix, store::Revision after, base::Executor loop) override {
    return inner_->watch(std::move(prefix), after, loop);
  }
  store::Revision revision() const override { return inner_->revision(); }
  store::Revision compacted() const override { return inner_->compacted(); }
  base::Task<void> compact(store::Revision revision) override { return inner_->compact(revision); }
  std::vector<store::JournalRecord> read_journal(std::string_view journal, std::uint64_t from,
                                                 std::size_t limit) const override {
    return inner_->read_journal(journal, from, limit);
  }
  store::JournalReport verify_journal(std::string_view journal) const override {
    return inner_->verify_journal(journal);
  }
  std::uint64_t journal_end(std::string_view journal) const override { return inner_->journal_end(journal); }
  base::Task<void> wait_journal(std::string journal, std::uint64_t after,
                                std::chrono::steady_clock::duration limit) override {
    return inner_->wait_journal(std::move(journal), after, limit);
  }
  bool verifies(std::string_view journal, const store::JournalRecord& record) const override {
    return inner_->verifies(journal, record);
  }
  base::Task<void> seal_journals() override { return inner_->seal_journals(); }
  base::Task<std::uint64_t> prune_journal(std::string journal, store::JournalKeep keep) override {
    return inner_->prune_journal(std::move(journal), keep);
  }
  base::Task<void> put_meta(std::string name, std::string bytes) override {
    return inner_->put_meta(std::move(name), std::move(bytes));
  }
  std::optional<std::string> get_meta(std::string_view name) const override { return inner_->get_meta(name); }
  void close() override { inner_->close(); }

 private:
  base::Task<void> pass(const Gate& holds, std::string text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (holds(text)) {
      if (std::chrono::steady_clock::now() > deadline) {
        gave_up = true;
        co_return;
      }
      co_await base::asio::post(base::use_task);
    }
  }

  std::unique_ptr<store::Store> inner_ = store::make_memory_store();
};

}  // namespace berth::reconcilers::testing
