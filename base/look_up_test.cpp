// SPDX-License-Identifier: Apache-2.0
// A name server that is away, in the place of the C library's resolver.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "base/stream.hpp"

namespace {

struct Held {
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool released = false;
};

Held& held() {
  static Held state;
  return state;
}

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || std::string_view(node) != "held.test") return real(node, service, hints, result);
  Held& state = held();
  std::unique_lock lock(state.mutex);
  ++state.waiting;
  state.changed.notify_all();
  state.changed.wait(lock, [&state] { return state.released; });
  return EAI_AGAIN;
}

namespace berth::base {
namespace {

constexpr int kNames = 8;  // more than the threads that other blocking work has

Task<void> connect_in_vain(int& failed) {
  try {
    co_await connect_tcp("held.test", 1, std::chrono::seconds(1));
  } catch (const Status& status) {
    EXPECT_EQ(status.reason(), Reason::ServiceUnavailable) << status.message();
    ++failed;
  }
}

Task<void> check() {
  int failed = 0;
  Scope scope(co_await this_loop(), "names");
  for (int i = 0; i < kNames; ++i) scope.spawn(connect_in_vain(failed));
  const auto all_wait = [] {
    Held& state = held();
    std::unique_lock lock(state.mutex);
    return state.changed.wait_for(lock, std::chrono::seconds(30), [&state] { return state.waiting == kNames; });
  };
  const bool waiting = co_await blocking(all_wait);
  EXPECT_TRUE(waiting) << "other work goes on beside them, and one name beside the other";
  {
    Held& state = held();
    const std::scoped_lock lock(state.mutex);
    state.released = true;
    state.changed.notify_all();
  }
  co_await scope.join();
  EXPECT_EQ(failed, kNames);
}

TEST(LookUp, NamesThatNobodyAnswersHoldUpNothingElse) { run(check()); }

}  // namespace
}  // namespace berth::base
