// SPDX-License-Identifier: Apache-2.0
// kill -9 in the middle of writes, again and again: what was acknowledged is there, and no revision comes twice.
// A power cut is another matter: this shows that nothing is acknowledged before it left the process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <sstream>

#include "store/store_fixture.hpp"

namespace berth::store {
namespace {

using namespace testing;

constexpr const char* kDirVariable = "BERTH_CRASH_DIR";
constexpr const char* kSeedVariable = "BERTH_CRASH_SEED";  // plays the kills of a red run again
constexpr int kClients = 8;
constexpr int kRounds = 6;

// Says what was acknowledged only after it was: one line, written at once.
void acknowledge(const Entry& entry) {
  const std::string line = std::string(entry.key) + " " + std::to_string(entry.revision) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
}

Task<void> write_for_ever(Store& store, std::string prefix) {
  for (int i = 0;; ++i) {
    const std::string key = prefix + std::to_string(i % 50);
    const auto live = store.get(key);
    Write write = put(key, std::string(300, 'x'), live ? live->revision : 0);
    acknowledge(co_await store.commit(with_record(std::move(write), "write")));
  }
}

Task<void> write_from_clients(Store& store) {
  base::Scope scope(co_await base::this_loop(), "clients");
  for (int i = 0; i < kClients; ++i) scope.spawn(write_for_ever(store, std::to_string(i) + "/"));
  co_await scope.join();
}

// In the child of the test below, which runs this same binary, SetUp writes until it is killed.
class ChildEnvironment : public ::testing::Environment {
  void SetUp() override {
    if (const char* dir = std::getenv(kDirVariable)) {
      const auto store = open_rocks_store(rocks_options(dir));
      base::run(write_from_clients(*store));
    }
  }
};
const auto* const kChildEnvironment = ::testing::AddGlobalTestEnvironment(new ChildEnvironment);

class Child {
 public:
  explicit Child(const std::filesystem::path& dir) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const std::string variable = std::string(kDirVariable) + "=" + dir.string();
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::putenv(const_cast<char*>(variable.c_str()));
      ::execl("/proc/self/exe", "store_test", nullptr);
      std::_Exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  ~Child() {
    ::close(output_);
    ::waitpid(process_, nullptr, 0);
  }

  // Every acknowledged revision by key, after the child was killed behind the `count`th.
  std::map<std::string, Revision> kill_after(int count) {
    std::map<std::string, Revision> acknowledged;
    std::string pending;
    char chunk[4096];
    bool killed = false;
    for (ssize_t size = 0; (size = ::read(output_, chunk, sizeof chunk)) > 0;) {
      pending.append(chunk, static_cast<std::size_t>(size));
      for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
        std::istringstream line(pending.substr(0, end));
        std::string key;
        Revision revision = 0;
        if (!(line >> key >> revision) || key.find('/') == std::string::npos) continue;  // GoogleTest's own lines
        acknowledged[key] = std::max(acknowledged[key], revision);
        --count;
      }
      if (count <= 0 && !std::exchange(killed, true)) ::kill(process_, SIGKILL);
    }
    EXPECT_TRUE(killed) << "the child ended by itself";
    return acknowledged;
  }

 private:
  pid_t process_ = 0;
  int output_ = -1;
};

unsigned crash_seed() {
  if (const char* given = std::getenv(kSeedVariable)) return static_cast<unsigned>(std::stoul(given));
  return std::random_device{}();
}

TEST(CrashTest, NothingAcknowledgedIsLostAndNoRevisionRepeats) {
  TempDir dir;
  const unsigned seed = crash_seed();
  SCOPED_TRACE(std::string(kSeedVariable) + "=" + std::to_string(seed));
  std::mt19937 random(seed);
  Revision newest_seen = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::map<std::string, Revision> acknowledged;
    {
      Child child(dir / "db");
      acknowledged = child.kill_after(std::uniform_int_distribution<int>(1, 800)(random));
    }
    ASSERT_FALSE(acknowledged.empty());
    const auto store = open_rocks_store(rocks_options(dir / "db"));
    Revision newest_acknowledged = 0;
    for (const auto& [key, revision] : acknowledged) {
      EXPECT_GT(revision, newest_seen) << "a revision came twice";
      newest_acknowledged = std::max(newest_acknowledged, revision);
      const auto entry = store->get(key);
      ASSERT_TRUE(entry) << key;
      EXPECT_GE(entry->revision, revision) << key;
      EXPECT_EQ(*entry->value, std::string(300, 'x') + "@" + std::to_string(entry->revision));
    }
    EXPECT_GE(store->revision(), newest_acknowledged);
    newest_seen = commit(*store, put("round/" + std::to_string(round), "x")).revision;
    EXPECT_GT(newest_seen, newest_acknowledged);
    EXPECT_EQ(count_of(*store, "round/"), static_cast<std::size_t>(round) + 1);
    const JournalReport report = store->verify_journal("audit");
    EXPECT_FALSE(report.first_bad) << report.problem;
    EXPECT_GE(report.records, acknowledged.size());
  }
}

}  // namespace
}  // namespace berth::store
