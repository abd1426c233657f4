// SPDX-License-Identifier: Apache-2.0
#include "resources/spec_history.hpp"

#include "resources/key_rotation.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::int_at;
using base::string_at;

class SpecHistoryTest : public testing::ResourcesTest {
 protected:
  SpecHistoryTest() {
    create_web();
    forget();
  }
  void change_image(int version) {
    merge(container, "web", R"({"spec":{"image":"nginx:)" + std::to_string(version) + "\"}}");
  }
  std::vector<Json> revisions(std::string_view name = "web") {
    return resources->revisions(container, "default", name);
  }
  // "1 nginx:1.27, 2 nginx:2"
  std::string text() {
    std::string all;
    for (const Json& each : revisions()) {
      all += (all.empty() ? "" : ", ") + std::to_string(int_at(each, "revision")) + " " +
             std::string(string_at(each, "spec.image"));
    }
    return all;
  }
  std::size_t records() {
    store::ListQuery query;
    query.prefix = key_prefix(testing::kind_named("ContainerRevision"), "");
    return store.list(query).entries.size();
  }
  void ready_at(std::int64_t generation) {
    const std::string uid(string_at(resources->find(container, "default", "web")->parse(), "metadata.uid"));
    base::run(resources->set_status(controller_caller("container"), container, "default", "web", uid,
                                    base::JsonObject{{"readyGeneration", generation}}));
  }
  void observed_at(std::int64_t generation) {
    const std::string uid(string_at(resources->find(container, "default", "web")->parse(), "metadata.uid"));
    base::run(resources->set_status(controller_caller("container"), container, "default", "web", uid,
                                    base::JsonObject{{"observedGeneration", generation}}));
  }
  std::string ran() {
    std::string all;
    for (const Json& each : revisions()) {
      all += base::find_path(each, "ran") == nullptr ? "?" : base::bool_at(each, "ran") ? "+" : "-";
    }
    return all;
  }
};

TEST_F(SpecHistoryTest, OldestFirstAndThePresentOneLast) {
  EXPECT_EQ(text(), "1 nginx:1.27");
  EXPECT_TRUE(base::bool_at(revisions().back(), "current"));
  change_image(2);
  change_image(3);
  EXPECT_EQ(text(), "1 nginx:1.27, 2 nginx:2, 3 nginx:3");
  EXPECT_FALSE(base::bool_at(revisions().front(), "current", true));
  EXPECT_EQ(string_at(revisions().front(), "metadata.name"), "web.1");
  EXPECT_EQ(string_at(revisions().front(), "kind"), "ContainerRevision");
  EXPECT_EQ(string_at(revisions().front(), "metadata.namespace"), "default");
}

TEST_F(SpecHistoryTest, TenAreKept) {
  for (int version = 2; version <= 14; ++version) change_image(version);
  const std::vector<Json> kept = revisions();
  ASSERT_EQ(kept.size(), 10u);
  EXPECT_EQ(int_at(kept.front(), "revision"), 5);
  EXPECT_EQ(string_at(kept.front(), "spec.image"), "nginx:5");
  EXPECT_EQ(string_at(kept.back(), "spec.image"), "nginx:14");
  EXPECT_EQ(records(), 9u);
}

TEST_F(SpecHistoryTest, AChangeCostsOneWriteMore) {
  for (int version = 2; version <= 12; ++version) change_image(version);
  forget();
  change_image(13);
  EXPECT_EQ(store.commits, 2);
}

TEST_F(SpecHistoryTest, TellsWhichSpecsWereEverReady) {
  EXPECT_EQ(ran(), "-");
  ready_at(1);
  EXPECT_EQ(ran(), "+");
  change_image(2);
  EXPECT_EQ(ran(), "+-");
  change_image(3);
  ready_at(3);
  merge(container, "web", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_EQ(ran(), "+-+") << "that it is stopped since takes nothing away";
  change_image(4);
  EXPECT_EQ(ran(), "+-+?") << "nobody asked it to run";
}

// An earlier berthd has written its status.
TEST_F(SpecHistoryTest, WhatIsNotOnRecordIsNotDenied) {
  observed_at(1);
  EXPECT_EQ(ran(), "?");
  change_image(2);
  EXPECT_EQ(ran(), "??");
  ready_at(2);
  change_image(3);
  EXPECT_EQ(ran(), "?+-");
}

TEST_F(SpecHistoryTest, WhatAnUnkeptSpecDidIsNotThatOfTheNext) {
  ready_at(1);
  merge(container, "web",
        R"({"spec":{"image":"nginx:2","env":[{"name":"BIG","value":")" + std::string(1'200'000, 'x') + "\"}]}}");
  ready_at(2);
  merge(container, "web", R"({"spec":{"image":"nginx:3","env":null}})");
  EXPECT_EQ(text(), "1 nginx:1.27, 3 nginx:3") << "too large to be kept";
  EXPECT_EQ(ran(), "+-");
  change_image(4);
  EXPECT_EQ(text(), "1 nginx:1.27, 3 nginx:3, 4 nginx:4");
  EXPECT_EQ(ran(), "+--");
  ready_at(4);
  EXPECT_EQ(ran(), "+-+");
  for (int version = 5; version <= 14; ++version) change_image(version);
  EXPECT_EQ(records(), 9u);
  EXPECT_EQ(revisions().size(), 10u) << "it has made room";
}

TEST_F(SpecHistoryTest, TellsOfOneThatBecameReadyWhileItWasReplaced) {
  store.before_commit = [this] { ready_at(1); };
  change_image(2);
  EXPECT_EQ(ran(), "+-");
}

TEST_F(SpecHistoryTest, WhatAnOperatorDoesIsNoRevision) {
  merge(container, "web", R"({"spec":{"desiredState":"Stopped"}})");
  merge(container, "web", R"({"spec":{"suspend":true},"metadata":{"annotations":{"berth.dev/restartedAt":"t"}}})");
  merge(container, "web", R"({"metadata":{"labels":{"a":"b"}}})");
  EXPECT_EQ(store.commits, 3);
  EXPECT_EQ(text(), "3 nginx:1.27");
  EXPECT_EQ(base::find_path(revisions().back(), "spec.desiredState"), nullptr);
  EXPECT_EQ(base::find_path(revisions().back(), "spec.suspend"), nullptr);
}

TEST_F(SpecHistoryTest, NeitherADryRunNorARefusedWriteLeavesOne) {
  WriteOptions dry;
  dry.dry_run = DryRun::All;
  merge(container, "web", R"({"spec":{"image":"nginx:2"}})", dry);
  EXPECT_EQ(testing::refusal([&] { merge(container, "web", R"({"spec":{"image":""}})"); }).reason(),
            base::Reason::Invalid);
  EXPECT_EQ(records(), 0u);
}

TEST_F(SpecHistoryTest, AWriteThatComesBetweenIsInIt) {
  store.before_commit = [this] { change_image(2); };
  change_image(3);
  EXPECT_EQ(text(), "1 nginx:1.27, 2 nginx:2, 3 nginx:3");
}

TEST_F(SpecHistoryTest, ItTellsWhoAndWhy) {
  WriteOptions options;
  options.field_manager = "pipeline";
  clock.advance(std::chrono::hours(1));
  merge(container, "web",
        R"({"metadata":{"annotations":{"kubernetes.io/change-cause":"the second"}},"spec":{"image":"nginx:2"}})",
        options);
  const std::string when = base::format_time(std::chrono::floor<std::chrono::seconds>(clock.now()));
  clock.advance(std::chrono::hours(1));
  change_image(3);
  const Json second = revisions().at(1);
  EXPECT_EQ(string_at(second, "changeCause"), "the second");
  EXPECT_EQ(string_at(second, "manager"), "pipeline");
  EXPECT_EQ(string_at(second, "metadata.creationTimestamp"), when);
}

TEST_F(SpecHistoryTest, RecordsAreSealedAndFollowTheKeys) {
  merge(container, "web", R"({"spec":{"env":[{"name":"TOKEN","value":"canary-7f3a"}]}})");
  change_image(2);
  store::ListQuery query;
  query.prefix = key_prefix(testing::kind_named("ContainerRevision"), "");
  for (const auto& entry : store.list(query).entries) {
    EXPECT_EQ(entry.value->find("canary-7f3a"), std::string::npos);
    EXPECT_NE(entry.value->find(keys.primary_id()), std::string::npos);
  }
  base::run(resources->key_rotation().rotate(user));
  for (const auto& entry : store.list(query).entries) {
    EXPECT_NE(entry.value->find(keys.primary_id()), std::string::npos);
  }
  EXPECT_EQ(base::to_canonical(*base::find_path(revisions().at(1), "spec.env")),
            R"([{"name":"TOKEN","value":"canary-7f3a"}])");
}

TEST_F(SpecHistoryTest, ItGoesWithItsObject) {
  change_image(2);
  change_image(3);
  ASSERT_EQ(records(), 2u);
  remove(container, "web");
  EXPECT_EQ(records(), 2u) << "its finalizer keeps it";
  const std::string uid(string_at(live(container, "web"), "metadata.uid"));
  base::run(resources->remove_finalizer(controller, container, "default", "web", uid, "berth.dev/engine"));
  EXPECT_EQ(records(), 0u);
  EXPECT_EQ(testing::refusal([&] { revisions(); }).reason(), base::Reason::NotFound);
  create_web();
  EXPECT_EQ(text(), "1 nginx:1.27") << "another object of the name has its own";
}

TEST_F(SpecHistoryTest, OtherKindsHaveNone) {
  create(config_map, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}})");
  EXPECT_EQ(testing::refusal([&] { resources->revisions(config_map, "default", "c"); }).reason(),
            base::Reason::NotFound);
}

}  // namespace
}  // namespace berth::resources
