// SPDX-License-Identifier: Apache-2.0
#include "docker/containers.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace berth::docker {
namespace {

ContainerViewPtr view_of(std::string id, std::string name) {
  auto view = std::make_shared<ContainerView>();
  view->id = std::move(id);
  view->name = std::move(name);
  return view;
}

std::string numbered(const char* prefix, int number) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(6 - digits.size(), '0') + digits;
}

Containers of_size(int count) {
  Containers containers;
  for (int i = 0; i < count; ++i) containers.put(view_of(numbered("id", i), numbered("name", count - i)));
  return containers;
}

std::vector<std::string> ids_of(const Containers& containers) {
  std::vector<std::string> ids;
  for (const auto& [id, view] : containers) {
    EXPECT_EQ(id, view->id);
    ids.push_back(id);
  }
  return ids;
}

TEST(Containers, AreFoundByIdAndByName) {
  Containers containers = of_size(100);
  EXPECT_EQ(containers.size(), 100U);
  EXPECT_EQ(containers.at("id000007")->name, "name000093");
  EXPECT_EQ(containers.by_name("name000093")->id, "id000007");
  EXPECT_EQ(containers.lower_bound("id00001")->first, "id000010");
  EXPECT_EQ(containers.lower_bound("id0001"), containers.end());
  EXPECT_EQ(containers.find("id00001"), containers.end());
  EXPECT_EQ(containers.by_name("name"), nullptr);
  EXPECT_THROW((void)containers.at("id"), std::out_of_range);
  EXPECT_TRUE(Containers().empty());
  EXPECT_EQ(Containers().begin(), Containers().end());
}

TEST(Containers, ANameIsOfTheOneThatTookItLast) {
  Containers containers;
  containers.put(view_of("1", "web"));
  containers.put(view_of("2", "web"));
  EXPECT_EQ(containers.by_name("web")->id, "2");
  containers.erase("1");
  EXPECT_EQ(containers.by_name("web")->id, "2");
  containers.put(view_of("2", "web-old"));
  EXPECT_EQ(containers.by_name("web"), nullptr);
  EXPECT_EQ(containers.by_name("web-old")->id, "2");
  containers.put(view_of("3", "web"));
  containers.erase("3");
  EXPECT_EQ(containers.by_name("web"), nullptr);
  containers.erase("absent");
  EXPECT_EQ(containers.size(), 1U);
}

TEST(Containers, AChangeTouchesTheBlocksThatItIsIn) {
  const Containers before = of_size(2000);
  Containers after = before;
  EXPECT_EQ(after.blocks_apart(before), 0U);
  after.put(view_of("id001000", before.at("id001000")->name));
  EXPECT_EQ(after.blocks_apart(before), 2U) << "one by id, one by name";
  EXPECT_NE(before.at("id001000"), after.at("id001000")) << "who holds the one before sees nothing of it";
  Containers grown = before;
  grown.put(view_of("id0010005", "name0010005"));
  EXPECT_LE(grown.blocks_apart(before), 4U) << "a full block is two";
  Containers shrunk = before;
  shrunk.erase("id001000");
  EXPECT_EQ(shrunk.blocks_apart(before), 2U);
  EXPECT_TRUE(before.contains("id001000"));
}

// The same seed each time: the same steps.
TEST(Containers, AreAsAMapAfterManyChanges) {
  std::minstd_rand random(7);
  Containers containers;
  std::map<std::string, ContainerViewPtr> expected;
  for (int step = 0; step < 4000; ++step) {
    const bool grows = (step / 1000) % 2 == 0;
    const std::string id = numbered("id", static_cast<int>(random() % 300));
    if (random() % 4 == (grows ? 0U : 1U) || (!grows && random() % 2 == 0)) {
      containers.erase(id);
      expected.erase(id);
    } else {
      const ContainerViewPtr view = view_of(id, "of-" + id);
      containers.put(view);
      expected[id] = view;
    }
    ASSERT_EQ(containers.size(), expected.size());
  }
  std::vector<std::string> ids;
  for (const auto& [id, view] : expected) {
    ids.push_back(id);
    EXPECT_EQ(containers.at(id), view);
    EXPECT_EQ(containers.by_name("of-" + id), view.get());
  }
  EXPECT_EQ(ids_of(containers), ids);
  for (const std::string& id : ids) containers.erase(id);
  EXPECT_TRUE(containers.empty());
  EXPECT_EQ(ids_of(containers), std::vector<std::string>());
}

}  // namespace
}  // namespace berth::docker
