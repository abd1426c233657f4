// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/rbac_index.hpp"

#include "resources/object/object_key.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

class RbacIndexTest : public testing::ResourcesTest {
 protected:
  void bind(const std::string& name, const std::vector<std::string>& users) {
    base::JsonArray subjects;
    for (const std::string& each : users) subjects.push_back(base::JsonObject{{"kind", "User"}, {"name", each}});
    const Json object = base::JsonObject{{"metadata", base::JsonObject{{"name", name}}},
                                         {"roleRef", base::JsonObject{{"kind", "ClusterRole"}, {"name", "view"}}},
                                         {"subjects", std::move(subjects)}};
    base::run(resources->create(user, kind, "", Body{object, {}}, {}));
  }
  static std::size_t count(const RbacView& view, std::string_view who) {
    const Grants* grants = view.grants.find(user_key(who));
    return grants == nullptr ? 0 : (*grants)->size();
  }

  const Kind& kind = testing::kind_named("ClusterRoleBinding");
};

// What is there already is shared, not copied: else who is bound by thousands pays for all of them at each write.
TEST_F(RbacIndexTest, AnotherBindingOfASubjectLeavesTheOthersWhereTheyAre) {
  bind("a", {"eve"});
  bind("b", {"eve", "bob"});
  RbacIndex index(store);
  index.load();
  const auto before = index.view();
  bind("c", {"eve"});
  index.refresh(kind, key_of(kind, "", "c"));
  const auto after = index.view();
  const auto& two = **before->grants.find(user_key("eve"));
  const auto& three = **after->grants.find(user_key("eve"));
  ASSERT_EQ(two.size(), 2u) << "whoever holds an older view reads on undisturbed";
  ASSERT_EQ(three.size(), 3u);
  EXPECT_EQ(two[0].get(), three[0].get());
  EXPECT_EQ(two[1].get(), three[1].get());
  EXPECT_EQ(before->grants.find(user_key("bob"))->get(), after->grants.find(user_key("bob"))->get());
  base::run(resources->remove(user, kind, "", "b", {}));
  index.refresh(kind, key_of(kind, "", "b"));
  EXPECT_EQ(count(*index.view(), "eve"), 2u);
  EXPECT_EQ(index.view()->grants.find(user_key("bob")), nullptr);
}

TEST_F(RbacIndexTest, ASubjectThatABindingNamesOftenCountsOnce) {
  std::vector<std::string> users;
  for (int i = 0; i < 300; ++i) users.push_back("u" + std::to_string(i % 150));
  bind("many", users);
  RbacIndex index(store);
  index.load();
  for (int i = 0; i < 150; ++i) EXPECT_EQ(count(*index.view(), "u" + std::to_string(i)), 1u) << i;
  index.refresh(kind, key_of(kind, "", "many"));
  EXPECT_EQ(count(*index.view(), "u7"), 1u) << "read again";
}

TEST(SharedMap, ManyChangesAtOnceAreThoseOneByOne) {
  SharedMap<int> map;
  map.set("kept", 1);
  map.set("gone", 2);
  const SharedMap<int> older = map;
  map.apply({{"gone", std::nullopt}, {"absent", std::nullopt}, {"kept", 3}, {"made", 4}});
  EXPECT_EQ(map.find("gone"), nullptr);
  EXPECT_EQ(map.find("absent"), nullptr);
  EXPECT_EQ(*map.find("kept"), 3);
  EXPECT_EQ(*map.find("made"), 4);
  EXPECT_EQ(*older.find("kept"), 1);
  EXPECT_EQ(*older.find("gone"), 2);
  EXPECT_EQ(older.find("made"), nullptr);
}

}  // namespace
}  // namespace berth::resources
