// SPDX-License-Identifier: Apache-2.0
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;

class NamespaceTest : public testing::ResourcesTest {
 protected:
  void make(const std::string& name) { create(ns_kind, R"({"metadata":{"name":")" + name + R"("}})", {}, ""); }
  Written drop(const std::string& name) { return base::run(resources->remove(user, ns_kind, "", name, {})); }
  Written patch(const std::string& name, std::string_view text) {
    return base::run(
        resources->patch(user, ns_kind, "", name, Part::Main, PatchType::Merge, testing::body_of(text), {}));
  }
  Written finalize(const std::string& name, std::string_view finalizers) {
    Json value = live(ns_kind, name, "");
    value.at("spec").as_object()["finalizers"] = base::parse_json(finalizers);
    return base::run(resources->update(user, ns_kind, "", name, Part::Finalize, Body{value, {}}, {}));
  }
  static void expect_terminating(const base::Status& status) {
    EXPECT_EQ(status.reason(), Reason::Forbidden);
    EXPECT_EQ(status.message(),
              "configmaps \"c\" is forbidden: unable to create new content in namespace team because it is being "
              "terminated");
    ASSERT_EQ(status.details().causes.size(), 1u);
    EXPECT_EQ(status.details().causes[0].reason, "NamespaceTerminating");
    EXPECT_EQ(status.details().causes[0].message, "namespace team is being terminated");
    EXPECT_EQ(status.details().causes[0].field, "metadata.namespace");
  }
};
using testing::refusal;

TEST_F(NamespaceTest, FirstStartMakesTwo) {
  const Json object = live(ns_kind, "default", "");
  EXPECT_EQ(base::string_at(object, "status.phase"), "Active");
  EXPECT_EQ(base::to_canonical(object.at("spec").at("finalizers")), R"(["kubernetes"])");
  EXPECT_EQ(base::to_canonical(object.at("metadata").at("labels")),
            R"({"berth.dev/enforce":"privileged","kubernetes.io/metadata.name":"default"})");
  EXPECT_EQ(base::to_canonical(live(ns_kind, "berth-system", "").at("metadata").at("labels")),
            R"({"kubernetes.io/metadata.name":"berth-system"})");
}

TEST_F(NamespaceTest, CreatesNeedOne) {
  const base::Status status = refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); });
  EXPECT_EQ(status.reason(), Reason::NotFound);
  EXPECT_EQ(status.message(), "namespaces \"team\" not found");
  EXPECT_EQ(store.commits, 0);
}

TEST_F(NamespaceTest, DeletionMarksItAndItTakesNothingNew) {
  make("team");
  const Written marked = drop("team");
  EXPECT_EQ(marked.outcome, Written::Outcome::Changed);
  EXPECT_TRUE(marked.object.parse().at("metadata").as_object().contains("deletionTimestamp"));
  EXPECT_EQ(base::string_at(live(ns_kind, "team", ""), "status.phase"), "Terminating");
  EXPECT_EQ(base::to_canonical(live(ns_kind, "team", "").at("spec").at("finalizers")), R"(["kubernetes"])");
  EXPECT_EQ(drop("team").outcome, Written::Outcome::Unchanged);
  expect_terminating(refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); }));
  expect_terminating(refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {DryRun::All}, "team"); }));
}

TEST_F(NamespaceTest, SomeStay) {
  for (const char* name : {"default", "berth-system", "kube-system", "kube-public"}) {
    const base::Status status = refusal([&] { drop(name); });
    EXPECT_EQ(status.reason(), Reason::Forbidden);
    EXPECT_EQ(status.message(),
              "namespaces \"" + std::string(name) + "\" is forbidden: this namespace may not be deleted");
  }
}

TEST_F(NamespaceTest, WhatItHoldsMayChangeAndGoWhileItEnds) {
  make("team");
  create(config_map, R"({"metadata":{"name":"c"}})", {}, "team");
  drop("team");
  const auto patched = base::run(resources->patch(user, config_map, "team", "c", Part::Main, PatchType::Merge,
                                                  testing::body_of(R"({"data":{"a":"b"}})"), {}));
  EXPECT_EQ(patched.outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::run(resources->remove(user, config_map, "team", "c", {})).outcome, Written::Outcome::Deleted);
}

// The lost object: its create was answered, and then it vanished with the namespace.
TEST_F(NamespaceTest, ADeletionDuringACreateIsSeenAtTheCommit) {
  make("team");
  store.before_commit = [&] { EXPECT_EQ(drop("team").outcome, Written::Outcome::Changed); };
  expect_terminating(refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); }));
  EXPECT_EQ(store.list({.prefix = "/core/configmaps/team/"}).entries.size(), 0u);
}

TEST_F(NamespaceTest, ItsEndDuringACreateIsSeenAtTheCommit) {
  make("team");
  store.before_commit = [&] {
    drop("team");
    EXPECT_EQ(finalize("team", "[]").outcome, Written::Outcome::Deleted);
  };
  const base::Status status = refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); });
  EXPECT_EQ(status.reason(), Reason::NotFound);
  EXPECT_EQ(status.message(), "namespaces \"team\" not found");
  EXPECT_EQ(store.list({.prefix = "/core/configmaps/team/"}).entries.size(), 0u);
}

TEST_F(NamespaceTest, ItGoesOnceNothingHoldsIt) {
  make("team");
  patch("team", R"({"metadata":{"finalizers":["example.com/x"]}})");
  drop("team");
  EXPECT_EQ(finalize("team", "[]").outcome, Written::Outcome::Changed) << "another finalizer holds it";
  EXPECT_EQ(patch("team", R"({"metadata":{"finalizers":null}})").outcome, Written::Outcome::Deleted);
  EXPECT_FALSE(resources->find(ns_kind, "", "team"));
}

TEST_F(NamespaceTest, ItsFinalizersAreChangedByFinalizeAlone) {
  make("team");
  EXPECT_EQ(patch("team", R"({"spec":{"finalizers":[]}})").outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(patch("team", R"({"spec":null})").outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(finalize("team", R"(["kubernetes","example.com/x"])").outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::to_canonical(live(ns_kind, "team", "").at("spec").at("finalizers")),
            R"(["kubernetes","example.com/x"])");
  EXPECT_EQ(finalize("team", R"(["kubernetes"])").outcome, Written::Outcome::Changed);
}

// Else its deletion would be the end at once, and a Container in it would run for ever.
TEST_F(NamespaceTest, WhatHoldsItIsTakenAwayWhileItEnds) {
  make("team");
  create(config_map, R"({"metadata":{"name":"c"}})", {}, "team");
  for (const char* without : {"[]", R"(["example.com/x"])", "null"}) {
    const base::Status status = refusal([&] { finalize("team", without); });
    EXPECT_EQ(status.reason(), Reason::Forbidden) << without;
    EXPECT_EQ(status.message(),
              "namespaces \"team\" is forbidden: the finalizer kubernetes can be taken out of spec.finalizers while "
              "the namespace is Terminating only");
  }
  EXPECT_EQ(drop("team").outcome, Written::Outcome::Changed) << "it ends in order";
  EXPECT_EQ(finalize("team", "[]").outcome, Written::Outcome::Deleted);
}

TEST_F(NamespaceTest, ANewOneAlwaysHasItsFinalizer) {
  create(ns_kind, R"({"metadata":{"name":"a"},"spec":{"finalizers":["example.com/x"]}})", {}, "");
  EXPECT_EQ(base::to_canonical(live(ns_kind, "a", "").at("spec").at("finalizers")),
            R"(["example.com/x","kubernetes"])");
}

TEST_F(NamespaceTest, ItsOwnLabelCannotBeTakenAway) {
  make("team");
  const auto patched = base::run(
      resources->patch(user, ns_kind, "", "team", Part::Main, PatchType::Merge,
                       testing::body_of(R"({"metadata":{"labels":{"kubernetes.io/metadata.name":null}}})"), {}));
  EXPECT_EQ(patched.outcome, Written::Outcome::Unchanged);
}

}  // namespace
}  // namespace berth::resources
