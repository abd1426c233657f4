// SPDX-License-Identifier: Apache-2.0
#include "docker/shared_links.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

using base::Task;

struct Link {
  int number = 0;
  bool fit = true;
};

// Makes links, each only once it is told to.
struct World {
  explicit World(base::Executor loop) : links(loop), go(loop), parts(loop, "parts") {}
  SharedLinks<Link> links;
  base::Signal go;
  base::Scope parts;
  int made = 0;
  bool fails = false;
  std::vector<std::shared_ptr<Link>> held;
  std::vector<std::string> failures;

  Task<std::shared_ptr<Link>> make() {
    const int number = ++made;
    co_await go.wait();
    if (fails) throw base::Status(base::Reason::ServiceUnavailable, "attempt " + std::to_string(number));
    co_return std::make_shared<Link>(Link{number, true});
  }
  Task<std::shared_ptr<Link>> get(std::string key) {
    SharedLinks<Link>::Make make_one = [this] { return make(); };
    co_return co_await links.get(std::move(key), [](Link& link) { return link.fit; }, std::move(make_one));
  }
  Task<void> hold(std::string key) {
    try {
      std::shared_ptr<Link> link = co_await get(std::move(key));
      held.push_back(std::move(link));
    } catch (const base::Status& status) {
      if (status.reason() == base::Reason::Cancelled) throw;
      failures.push_back(status.message());
    }
  }
  Task<void> until_made(int count) {
    while (made < count) co_await base::asio::post(base::use_task);
  }
};

Task<void> check_shared() {
  World world(co_await base::this_loop());
  for (int i = 0; i < 3; ++i) world.parts.spawn(world.hold("a"));
  co_await world.until_made(1);
  world.go.notify();
  co_await world.parts.join();
  co_await world.hold("a");
  EXPECT_EQ(world.made, 1);
  EXPECT_EQ(world.held.size(), 4u);
  world.go.notify();
  co_await world.hold("b");
  EXPECT_EQ(world.made, 2);
  EXPECT_EQ(world.held.back()->number, 2);
}

Task<void> check_gone() {
  World world(co_await base::this_loop());
  world.go.notify();
  co_await world.hold("a");
  world.held.front()->fit = false;
  world.go.notify();
  co_await world.hold("a");
  EXPECT_EQ(world.held.back()->number, 2);
  world.held.clear();
  world.go.notify();
  co_await world.hold("a");
  EXPECT_EQ(world.held.back()->number, 3);
}

Task<void> check_failure() {
  World world(co_await base::this_loop());
  world.fails = true;
  for (int i = 0; i < 3; ++i) world.parts.spawn(world.hold("a"));
  co_await world.until_made(1);
  world.go.notify();
  co_await world.parts.join();
  EXPECT_EQ(world.failures, std::vector<std::string>(3, "attempt 1"));
  world.fails = false;
  world.go.notify();
  co_await world.hold("a");
  EXPECT_EQ(world.held.back()->number, 2);
}

// Whose task ends while it makes one leaves the others to make it.
Task<void> check_given_up() {
  World world(co_await base::this_loop());
  base::Scope hasty(co_await base::this_loop(), "hasty");
  hasty.spawn(world.hold("a"));
  co_await world.until_made(1);
  world.parts.spawn(world.hold("a"));
  co_await base::asio::post(base::use_task);
  hasty.cancel();
  co_await hasty.join();
  co_await world.until_made(2);
  world.go.notify();
  co_await world.parts.join();
  EXPECT_EQ(world.held.size(), 1u);
  EXPECT_EQ(world.held.back()->number, 2);
}

TEST(SharedLinks, AreMadeOnceForAllWhoAsk) { base::run(check_shared()); }
TEST(SharedLinks, AreMadeAnewOnceTheyAreGoneOrUnfit) { base::run(check_gone()); }
TEST(SharedLinks, ThatFailFailForAllWhoWaited) { base::run(check_failure()); }
TEST(SharedLinks, ThatAreGivenUpAreMadeByTheNext) { base::run(check_given_up()); }

}  // namespace
}  // namespace berth::docker
