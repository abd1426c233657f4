// SPDX-License-Identifier: Apache-2.0
#include "resources/change_watch.hpp"

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

std::string text_of(const ObjectChange& change) {
  return std::string(change.type == ObjectChange::Type::Gone ? "gone " : "put ") + change.place.kind->singular + " " +
         change.place.ns + "/" + change.place.name;
}

Task<std::vector<std::string>> read(ChangeWatch& watch, std::size_t count) {
  std::vector<std::string> texts;
  while (texts.size() < count) {
    for (const ObjectChange& change : co_await watch.next()) texts.push_back(text_of(change));
  }
  co_return texts;
}

class ChangeWatchTest : public testing::ResourcesTest {
 protected:
  void owned(const std::string& name, const std::string& uid) {
    create(config_map, R"({"metadata":{"name":")" + name +
                           R"(","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":")" + uid +
                           R"("}]}})");
  }

  Task<void> follow() {
    const auto watch = resources->watch_changes(co_await base::this_loop());
    EXPECT_EQ(co_await read(*watch, 1), std::vector<std::string>{"put configmap default/early"});
    merge(config_map, "plain", R"({"data":{"a":"b"}})");  // concerns nobody
    owned("late", "u-2");
    merge(config_map, "late", R"({"metadata":{"ownerReferences":null}})");
    create_web();
    remove(container, "web");
    remove(config_map, "plain");
    const std::vector<std::string> wanted{"put configmap default/late", "put configmap default/late",
                                          "put container default/web", "gone configmap default/plain"};
    EXPECT_EQ(co_await read(*watch, wanted.size()), wanted);
  }
};

TEST_F(ChangeWatchTest, TellsOfWhatEndsAndOfWhatIsOwned) {
  owned("early", "u-1");
  create(config_map, R"({"metadata":{"name":"plain"}})");
  base::run(follow());
}

TEST_F(ChangeWatchTest, DependentsComeFromTheIndexWhateverTheirKind) {
  owned("a", "u-1");
  owned("b", "u-2");
  create(secret, R"({"metadata":{"name":"s","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"o",
                     "uid":"u-1"},{"apiVersion":"v1","kind":"ConfigMap","name":"p","uid":"u-3"}]}})");
  forget();
  EXPECT_EQ(resources->dependents("u-1"),
            (std::vector<Place>{{&config_map, "default", "a"}, {&secret, "default", "s"}}));
  EXPECT_TRUE(resources->dependents("u-").empty());
  ASSERT_EQ(store.listed.size(), 2u);
  EXPECT_EQ(store.listed[0].terms, std::vector<std::string>{"owner/u-1"});
}

TEST_F(ChangeWatchTest, WhatAnObjectRefersToComesFromTheIndex) {
  create_web();
  const auto host_of_web = resources->referred(container, "default", "web", "Host");
  ASSERT_TRUE(host_of_web);
  EXPECT_EQ(host_of_web->name, "local");
  EXPECT_FALSE(resources->referred(container, "default", "web", "Secret"));
  EXPECT_FALSE(resources->referred(container, "default", "absent", "Host"));
}

}  // namespace
}  // namespace berth::resources
