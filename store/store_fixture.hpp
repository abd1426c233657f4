// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the store's tests share: stores in fresh directories, and writes in one line.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/scope.hpp"
#include "store/memory_store.hpp"
#include "store/rocks_store.hpp"

namespace berth::store::testing {

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The same key for every store, so that a restart can read its journals.
inline base::Key32 test_journal_key() { return base::Key32::from_bytes("0123456789abcdef0123456789abcdef"); }

inline RocksStoreOptions rocks_options(const std::filesystem::path& dir) {
  RocksStoreOptions options;
  options.dir = dir;
  options.journal_key = [](const std::optional<std::string>&) { return SealedKey{test_journal_key(), "sealed"}; };
  return options;
}

inline Write put(std::string key, std::string value, Revision expected = 0, std::vector<std::string> terms = {}) {
  Write write;
  write.key = std::move(key);
  write.expected = expected;
  write.value = {std::move(value) + "@", ""};
  write.terms = std::move(terms);
  return write;
}

inline Write removal(std::string key, std::string last, Revision expected) {
  Write write = put(std::move(key), std::move(last), expected);
  write.op = Op::Delete;
  return write;
}

inline Write with_record(Write write, std::string record) {
  write.journal.push_back({"audit", {std::move(record) + "@", ""}});
  return write;
}

// Commits from a loop of its own and waits. Throws what the commit throws.
inline Entry commit(Store& store, Write write) { return base::run(store.commit(std::move(write))); }

inline base::Reason reason_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Status& status) {
    return status.reason();
  }
  ADD_FAILURE() << "no Status was thrown";
  return base::Reason::InternalError;
}

inline std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Status& status) {
    return status.message();
  }
  ADD_FAILURE() << "no Status was thrown";
  return "";
}

inline std::vector<std::string> keys_of(const ListResult& result) {
  std::vector<std::string> keys;
  for (const Entry& entry : result.entries) keys.emplace_back(entry.key);
  return keys;
}

inline ListQuery below(std::string prefix) {
  ListQuery query;
  query.prefix = std::move(prefix);
  return query;
}

inline std::size_t count_of(const Store& store, std::string prefix) {
  return store.list(below(std::move(prefix))).entries.size();
}

// "put a@1", "delete a@3 after 1": an event in one line.
inline std::string text_of(const Event& event) {
  std::string text =
      (event.op == Op::Put ? "put " : "delete ") + std::string(event.entry.key) + " " + *event.entry.value;
  if (event.before) text += " after " + *event.before->value;
  return text;
}

// Exactly `count` events of a watch, however they come.
inline Task<std::vector<std::string>> read_texts(Watch& watch, std::size_t count) {
  std::vector<std::string> texts;
  while (texts.size() < count) {
    const auto events = co_await watch.next(count - texts.size());
    for (const Event& event : events) texts.push_back(text_of(event));
  }
  co_return texts;
}

}  // namespace berth::store::testing
