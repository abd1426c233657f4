// SPDX-License-Identifier: Apache-2.0
#include "controller/garbage_collector.hpp"

#include "controller/loops_fixture.hpp"

namespace berth::controller {
namespace {

using namespace std::chrono_literals;
using base::Json;
using base::Task;

class GarbageCollectorTest : public testing::LoopsTest {
 public:
  std::string owners_of(const std::string& name) const {
    std::string names;
    for (const OwnerReference& owner : owner_references(*find(name))) names += owner.name + (owner.blocks ? "! " : " ");
    return names;
  }

  Task<void> background() {
    const std::string owner = co_await make("owner");
    const std::string child = co_await make("child", {{owner, "owner"}});
    co_await make("grandchild", {{child, "child"}});
    co_await make("stranger");
    co_await settle();
    EXPECT_FALSE(gone("child")) << "its owner lives";
    co_await drop("owner");
    co_await until([&] { return gone("grandchild"); });
    EXPECT_TRUE(gone("owner") && gone("child"));
    co_await settle();
    EXPECT_FALSE(gone("stranger"));
  }

  Task<void> one_of_two_owners() {
    const std::string first = co_await make("first");
    const std::string second = co_await make("second");
    co_await make("child", {{first, "first"}, {second, "second"}});
    co_await drop("first");
    co_await until([&] { return owners_of("child") == "second "; });
    co_await drop("second");
    co_await until([&] { return gone("child"); });
  }

  Task<void> foreground() {
    const std::string owner = co_await make("owner");
    co_await make("blocks", {{owner, "owner", true}}, {"example.com/hold"});
    co_await make("loose", {{owner, "owner"}}, {"example.com/hold"});
    co_await drop("owner", "Foreground");
    co_await until([&] { return deleting("blocks") && deleting("loose"); });
    co_await settle();
    EXPECT_TRUE(deleting("owner")) << "it waits for the one that blocks";
    co_await patch("blocks", R"({"metadata":{"finalizers":null}})");
    co_await until([&] { return gone("owner"); });
    EXPECT_TRUE(gone("blocks"));
    EXPECT_FALSE(gone("loose")) << "nobody waits for it";
    co_await patch("loose", R"({"metadata":{"finalizers":null}})");
    EXPECT_TRUE(gone("loose"));
  }

  Task<void> foreground_chain() {
    const std::string top = co_await make("top");
    const std::string middle = co_await make("middle", {{top, "top", true}});
    co_await make("bottom", {{middle, "middle", true}}, {"example.com/hold"});
    co_await drop("top", "Foreground");
    co_await until([&] { return deleting("bottom"); });
    co_await settle();
    EXPECT_TRUE(deleting("top") && deleting("middle")) << "the last goes first";
    co_await patch("bottom", R"({"metadata":{"finalizers":null}})");
    co_await until([&] { return gone("top"); });
    EXPECT_TRUE(gone("middle") && gone("bottom"));
  }

  Task<void> foreground_unblocked() {
    const std::string owner = co_await make("owner");
    co_await make("child", {{owner, "owner", true}}, {"example.com/hold"});
    co_await drop("owner", "Foreground");
    co_await until([&] { return deleting("child"); });
    co_await patch("child",
                   R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":")" +
                       owner + R"(","blockOwnerDeletion":false}]}})");
    co_await until([&] { return gone("owner"); });
    EXPECT_FALSE(gone("child"));
  }

  Task<void> foreground_shared() {
    const std::string ends = co_await make("ends");
    const std::string stays = co_await make("stays");
    co_await make("child", {{ends, "ends", true}, {stays, "stays", true}});
    co_await drop("ends", "Foreground");
    co_await until([&] { return gone("ends"); });
    EXPECT_EQ(owners_of("child"), "stays! ");
  }

  Task<void> foreground_circle() {
    const std::string a = co_await make("a");
    const std::string b = co_await make("b", {{a, "a", true}});
    co_await patch("a", R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"b","uid":")" +
                            b + R"(","blockOwnerDeletion":true}]}})");
    co_await drop("a", "Foreground");
    co_await until([&] { return gone("a") && gone("b"); });
  }

  Task<void> orphan() {
    const std::string owner = co_await make("owner");
    const std::string other = co_await make("other");
    co_await make("child", {{owner, "owner", true}});
    co_await make("shared", {{owner, "owner"}, {other, "other"}});
    co_await drop("owner", "Orphan");
    co_await until([&] { return gone("owner"); });
    co_await settle();
    EXPECT_EQ(owners_of("child"), "");
    EXPECT_EQ(owners_of("shared"), "other ");
  }

  Task<void> never_there() {
    co_await make("child", {{"0000-never", "absent"}});
    co_await until([&] { return gone("child"); });
  }

  Task<void> of_another_life() {
    const std::string before = co_await make("owner");
    co_await drop("owner");
    co_await make("owner");
    co_await make("child", {{before, "owner"}});
    co_await until([&] { return gone("child"); });
    EXPECT_FALSE(gone("owner"));
  }

  Task<void> another_namespace() {
    co_await make("team", {}, {}, "", "Namespace");
    const std::string owner = co_await make("owner", {}, {}, "team");
    co_await make("child", {{owner, "owner", true}});  // in default: there is no such owner there
    co_await until([&] { return gone("child"); });
    EXPECT_FALSE(gone("owner", "team"));
  }

  Task<void> unknown_kind() {
    co_await make("child", {{"u-1", "web", false, "Deployment", "apps/v1"}});
    co_await settle();
    EXPECT_FALSE(gone("child")) << "whether that owner lives is not known here";
  }

  Task<void> cluster_scoped_owner() {
    const std::string owner = co_await make("owning", {}, {}, "", "Namespace");
    co_await make("child", {{owner, "owning", false, "Namespace"}});
    co_await settle();
    EXPECT_FALSE(gone("child"));
    co_await drop("owning", "", "", "Namespace");
    co_await until([&] { return gone("child"); });
  }

  Task<void> namespaced_owner_of_cluster_scoped() {
    const std::string owner = co_await make("owner");
    co_await make("child", {{owner, "owner", true}}, {}, "", "Namespace");
    co_await until([&] { return count("/core/events/default/") == 1; });
    const auto page = co_await resources->list(kind_named("Event"), "default", {});
    const Json event = page.items.at(0).parse();
    EXPECT_EQ(base::string_at(event, "reason"), "OwnerRefInvalidNamespace");
    EXPECT_EQ(base::string_at(event, "type"), "Warning");
    EXPECT_EQ(base::string_at(event, "message"),
              "ownerRef [v1/ConfigMap, namespace: , name: owner, uid: " + owner + "] does not exist in namespace \"\"");
    EXPECT_EQ(base::string_at(event, "involvedObject.name"), "child");
    co_await drop("owner", "Foreground");
    co_await until([&] { return gone("owner"); });
    co_await settle();
    EXPECT_FALSE(gone("child", "", "Namespace")) << "it is no dependent of that owner";
  }

  Task<void> before_the_start() {
    co_await until([&] { return gone("left-behind") && gone("ended"); });
  }

  Task<void> converged() {
    const std::string owner = co_await make("owner");
    co_await make("child", {{owner, "owner", true}});
    co_await settle();
    const auto passes =
        metrics.counter("berth_reconcile_total", "Passes of a reconciler.", {{"controller", "garbage-collector"}});
    const double before = passes.value();
    const auto revision = resources->revision();
    for (int i = 0; i < 5; ++i) co_await patch("child", R"({"data":{"a":")" + std::to_string(i) + R"("}})");
    co_await settle();
    EXPECT_EQ(passes.value(), before) << "nothing that it looks at has moved";
    EXPECT_EQ(resources->revision(), revision + 5);
  }
};

TEST_F(GarbageCollectorTest, BackgroundTakesDependentsAfterTheOwner) { run(&GarbageCollectorTest::background); }
TEST_F(GarbageCollectorTest, OneLivingOwnerIsEnough) { run(&GarbageCollectorTest::one_of_two_owners); }
TEST_F(GarbageCollectorTest, ForegroundWaitsForThoseThatBlock) { run(&GarbageCollectorTest::foreground); }
TEST_F(GarbageCollectorTest, ForegroundGoesDownAChain) { run(&GarbageCollectorTest::foreground_chain); }
TEST_F(GarbageCollectorTest, ForegroundGoesOnWhenUnblocked) { run(&GarbageCollectorTest::foreground_unblocked); }
TEST_F(GarbageCollectorTest, ForegroundLeavesWhatAnotherOwns) { run(&GarbageCollectorTest::foreground_shared); }
TEST_F(GarbageCollectorTest, ForegroundBreaksACircle) { run(&GarbageCollectorTest::foreground_circle); }
TEST_F(GarbageCollectorTest, OrphanLetsDependentsGoFirst) { run(&GarbageCollectorTest::orphan); }
TEST_F(GarbageCollectorTest, AnOwnerThatNeverWasIsGone) { run(&GarbageCollectorTest::never_there); }
TEST_F(GarbageCollectorTest, ANameIsNotAnOwner) { run(&GarbageCollectorTest::of_another_life); }
TEST_F(GarbageCollectorTest, AnOwnerIsOfTheSameNamespace) { run(&GarbageCollectorTest::another_namespace); }
TEST_F(GarbageCollectorTest, AKindThatIsNotServedIsLeftAlone) { run(&GarbageCollectorTest::unknown_kind); }
TEST_F(GarbageCollectorTest, AClusterScopedOwnerOwnsAnywhere) { run(&GarbageCollectorTest::cluster_scoped_owner); }
TEST_F(GarbageCollectorTest, ANamespacedOwnerOfAClusterScopedObjectIsIgnored) {
  run(&GarbageCollectorTest::namespaced_owner_of_cluster_scoped);
}
TEST_F(GarbageCollectorTest, WhatWasLeftBeforeTheStartIsFound) {
  base::run(make("left-behind", {{"u-1", "absent"}}));
  base::run(make("ended"));
  base::run(drop("ended", "Foreground"));
  EXPECT_TRUE(deleting("ended"));
  run(&GarbageCollectorTest::before_the_start);
}
TEST_F(GarbageCollectorTest, WhatDoesNotConcernItCostsNoPass) { run(&GarbageCollectorTest::converged); }

}  // namespace
}  // namespace berth::controller
