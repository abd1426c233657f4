// SPDX-License-Identifier: Apache-2.0
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;

class DeleteTest : public testing::ResourcesTest {};
using testing::refusal;

TEST_F(DeleteTest, WithoutFinalizersItIsGoneAtOnce) {
  const Written created = create(config_map, R"({"metadata":{"name":"c"}})");
  const Written removed = remove(config_map, "c");
  EXPECT_EQ(removed.outcome, Written::Outcome::Deleted);
  EXPECT_GT(removed.object.revision, created.object.revision);
  EXPECT_EQ(base::string_at(removed.object.parse(), "metadata.resourceVersion"),
            std::to_string(removed.object.revision));
  EXPECT_FALSE(resources->find(config_map, "default", "c"));
  EXPECT_EQ(refusal([&] { remove(config_map, "c"); }).reason(), Reason::NotFound);
  EXPECT_EQ(store.commits, 2);
}

TEST_F(DeleteTest, FinalizersKeepItMarked) {
  create_web();
  const Written marked = remove(container, "web");
  EXPECT_EQ(marked.outcome, Written::Outcome::Changed);
  const Json object = marked.object.parse();
  EXPECT_EQ(base::string_at(object, "metadata.deletionTimestamp"), base::format_time(clock.now()));
  EXPECT_EQ(base::int_at(object, "metadata.deletionGracePeriodSeconds", -1), 0);
  EXPECT_EQ(base::int_at(object, "metadata.generation"), 2);
  forget();
  const Written again = remove(container, "web");
  EXPECT_EQ(again.outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(again.object.revision, marked.object.revision);
  EXPECT_EQ(store.commits, 0);
}

TEST_F(DeleteTest, DeletionIsTheServersToAskFor) {
  create_web();
  base::Status status =
      refusal([&] { merge(container, "web", R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})"); });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_EQ(status.details().causes.at(0).field, "metadata.deletionTimestamp");
  remove(container, "web");
  EXPECT_EQ(merge(container, "web", R"({"metadata":{"deletionTimestamp":null}})").outcome, Written::Outcome::Unchanged);
  status = refusal(
      [&] { merge(container, "web", R"({"metadata":{"finalizers":["berth.dev/engine","example.com/late"]}})"); });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_EQ(status.details().causes.at(0).reason, "FieldValueForbidden");
  EXPECT_EQ(status.details().causes.size(), 1u);
}

TEST_F(DeleteTest, TheLastFinalizerEndsIt) {
  const std::string uid(base::string_at(create_web().object.parse(), "metadata.uid"));
  merge(container, "web", R"({"metadata":{"finalizers":["berth.dev/engine","example.com/x"]}})");
  remove(container, "web");
  base::run(resources->remove_finalizer(controller, container, "default", "web", uid, "berth.dev/engine"));
  EXPECT_TRUE(resources->find(container, "default", "web")) << "another finalizer holds it";
  EXPECT_EQ(merge(container, "web", R"({"metadata":{"finalizers":null}})").outcome, Written::Outcome::Deleted);
  EXPECT_FALSE(resources->find(container, "default", "web"));
  EXPECT_NE(base::string_at(create_web().object.parse(), "metadata.uid"), uid) << "the name is free again";
}

TEST_F(DeleteTest, RemoveFinalizerMindsTheUidAndIsIdempotent) {
  const std::string uid(base::string_at(create_web().object.parse(), "metadata.uid"));
  forget();
  const auto remove_of = [&](const std::string& of, const std::string& finalizer) {
    base::run(resources->remove_finalizer(controller, container, "default", "web", of, finalizer));
  };
  remove_of("other", "berth.dev/engine");
  remove_of(uid, "example.com/none");
  EXPECT_EQ(store.commits, 0);
  remove_of(uid, "berth.dev/engine");
  remove_of(uid, "berth.dev/engine");
  EXPECT_EQ(store.commits, 1);
  EXPECT_EQ(base::find_path(live(container, "web"), "metadata.finalizers"), nullptr);
  EXPECT_TRUE(resources->find(container, "default", "web")) << "it was not being deleted";
  remove(container, "web");
  remove_of(uid, "berth.dev/engine");
}

TEST_F(DeleteTest, PreconditionsAreConflicts) {
  const Written created = create_web();
  EXPECT_EQ(refusal([&] { remove(container, "web", {.uid = "other"}); }).reason(), Reason::Conflict);
  EXPECT_EQ(refusal([&] { remove(container, "web", {.resource_version = "1"}); }).reason(), Reason::Conflict);
  EXPECT_EQ(remove(container, "web", {.resource_version = std::to_string(created.object.revision)}).outcome,
            Written::Outcome::Changed);
}

TEST_F(DeleteTest, AWriteInBetweenIsSeen) {
  create(config_map, R"({"metadata":{"name":"c"}})");
  store.before_commit = [&] { merge(config_map, "c", R"({"metadata":{"finalizers":["example.com/x"]}})"); };
  EXPECT_EQ(remove(config_map, "c").outcome, Written::Outcome::Changed);
  EXPECT_TRUE(resources->find(config_map, "default", "c"));
}

TEST_F(DeleteTest, DryRunLeavesItAlone) {
  create(config_map, R"({"metadata":{"name":"c"}})");
  create_web();
  forget();
  EXPECT_EQ(remove(config_map, "c", {.dry_run = DryRun::All}).outcome, Written::Outcome::Deleted);
  const Written marked = remove(container, "web", {.dry_run = DryRun::All});
  EXPECT_EQ(marked.outcome, Written::Outcome::Changed);
  EXPECT_NE(base::find_path(marked.object.parse(), "metadata.deletionTimestamp"), nullptr);
  EXPECT_EQ(base::find_path(live(container, "web"), "metadata.deletionTimestamp"), nullptr);
  EXPECT_EQ(store.commits + store.appends, 0);
}

TEST_F(DeleteTest, UnknownPropagationPolicyIsInvalid) {
  create(config_map, R"({"metadata":{"name":"c"}})");
  const base::Status status = refusal([&] { remove(config_map, "c", {.propagation_policy = "Maybe"}); });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_EQ(status.message(),
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Maybe\": supported "
            "values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
  EXPECT_EQ(remove(config_map, "c", {.propagation_policy = "Background"}).outcome, Written::Outcome::Deleted);
}

TEST_F(DeleteTest, ForegroundAndOrphanWaitForTheCollector) {
  for (const auto& [policy, finalizer] :
       {std::pair("Foreground", "foregroundDeletion"), std::pair("Orphan", "orphan")}) {
    create(config_map, R"({"metadata":{"name":"c"}})");
    EXPECT_EQ(remove(config_map, "c", {.propagation_policy = policy}).outcome, Written::Outcome::Changed);
    const Json marked = live(config_map, "c");
    EXPECT_EQ(base::to_canonical(marked.at("metadata").at("finalizers")), "[\"" + std::string(finalizer) + "\"]");
    EXPECT_NE(base::find_path(marked, "metadata.deletionTimestamp"), nullptr);
    EXPECT_EQ(remove(config_map, "c", {.propagation_policy = policy}).outcome, Written::Outcome::Unchanged);
    EXPECT_EQ(remove(config_map, "c").outcome, Written::Outcome::Unchanged) << "no policy leaves what is there";
    EXPECT_EQ(remove(config_map, "c", {.propagation_policy = "Background"}).outcome, Written::Outcome::Deleted);
  }
}

TEST_F(DeleteTest, APolicyReplacesTheOneBefore) {
  create_web();
  remove(container, "web", {.propagation_policy = "Orphan"});
  EXPECT_EQ(remove(container, "web", {.propagation_policy = "Foreground"}).outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::to_canonical(live(container, "web").at("metadata").at("finalizers")),
            R"(["berth.dev/engine","foregroundDeletion"])");
  EXPECT_EQ(remove(container, "web", {.propagation_policy = "Background"}).outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::to_canonical(live(container, "web").at("metadata").at("finalizers")), R"(["berth.dev/engine"])");
  EXPECT_EQ(base::int_at(live(container, "web"), "metadata.generation"), 2) << "deletion raises it once";
}

TEST_F(DeleteTest, AFinalizerOfTheUsersOwnDecidesWithoutAPolicy) {
  create(config_map, R"({"metadata":{"name":"c","finalizers":["orphan"]}})");
  EXPECT_EQ(remove(config_map, "c").outcome, Written::Outcome::Changed);
  create(config_map, R"({"metadata":{"name":"d","finalizers":["orphan"]}})");
  EXPECT_EQ(remove(config_map, "d", {.propagation_policy = "Background"}).outcome, Written::Outcome::Deleted);
}

TEST_F(DeleteTest, AmendMindsTheUid) {
  const std::string uid(base::string_at(create_web().object.parse(), "metadata.uid"));
  const Edit label = [](Json& object) {
    base::make_path(object, "metadata.labels")["a"] = "b";
    return true;
  };
  const auto amend = [&](const std::string& of) {
    return base::run(resources->amend(controller, container, "default", "web", of, Part::Main, label));
  };
  EXPECT_FALSE(amend("other"));
  EXPECT_EQ(base::find_path(live(container, "web"), "metadata.labels.a"), nullptr);
  ASSERT_TRUE(amend(uid));
  EXPECT_EQ(base::string_at(live(container, "web"), "metadata.labels.a"), "b");
}

}  // namespace
}  // namespace berth::resources
