// SPDX-License-Identifier: Apache-2.0
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;

class NamespaceTest : public testing::ResourcesTest {
 protected:
  void make(const std::string& name) { create(ns_kind, R"({"metadata":{"name":")" + name + R"("}})", {}, ""); }
  Written drop(const std::string& name) { return base::run(resources->remove(user, ns_kind, "", name, {})); }
  void note(const std::string& name) {
    const Json about = live(config_map, name, "team");
    base::run(resources->note_event(controller, config_map, about, {EventNote::Type::Normal, "Noted", "a note"}));
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

TEST_F(NamespaceTest, ATerminatingOneTakesNothingNew) {
  make("team");
  base::run(resources->patch(user, ns_kind, "", "team", Part::Main, PatchType::Merge,
                             testing::body_of(R"({"metadata":{"finalizers":["example.com/x"]}})"), {}));
  EXPECT_EQ(drop("team").outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::string_at(live(ns_kind, "team", ""), "status.phase"), "Terminating");
  const base::Status status = refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); });
  EXPECT_EQ(status.reason(), Reason::Forbidden);
  EXPECT_EQ(status.message(),
            "configmaps \"c\" is forbidden: unable to create new content in namespace team because it is being "
            "terminated");
  EXPECT_EQ(status.details().causes.at(0).reason, "NamespaceTerminating");
}

TEST_F(NamespaceTest, BerthsOwnStay) {
  for (const char* name : {"default", "berth-system"}) {
    const base::Status status = refusal([&] { drop(name); });
    EXPECT_EQ(status.reason(), Reason::Forbidden);
    EXPECT_EQ(status.message(),
              "namespaces \"" + std::string(name) + "\" is forbidden: this namespace may not be deleted");
  }
}

TEST_F(NamespaceTest, WhatItHoldsKeepsIt) {
  make("team");
  EXPECT_TRUE(resources->namespace_is_empty("team"));
  create(config_map, R"({"metadata":{"name":"c"}})", {}, "team");
  create(config_map, R"({"metadata":{"name":"d"}})", {}, "team");
  create(secret, R"({"metadata":{"name":"s"}})", {}, "team");
  EXPECT_FALSE(resources->namespace_is_empty("team"));
  const base::Status status = refusal([&] { drop("team"); });
  EXPECT_EQ(status.reason(), Reason::Conflict);
  EXPECT_NE(status.message().find("2 configmaps"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("1 secrets"), std::string::npos) << status.message();
  EXPECT_TRUE(resources->find(ns_kind, "", "team"));
}

TEST_F(NamespaceTest, EventsGoWithIt) {
  make("team");
  create(config_map, R"({"metadata":{"name":"c"}})", {}, "team");
  note("c");
  EXPECT_EQ(store.count("/core/events/team/"), 1u);
  base::run(resources->remove(user, config_map, "team", "c", {}));
  EXPECT_TRUE(resources->namespace_is_empty("team")) << "Events do not count";
  EXPECT_EQ(drop("team").outcome, Written::Outcome::Deleted);
  EXPECT_EQ(store.count("/core/events/team/"), 0u);
}

TEST_F(NamespaceTest, AnotherNamespaceWithTheSameBeginningIsAnother) {
  make("team");
  make("team-b");
  create(config_map, R"({"metadata":{"name":"c"}})", {}, "team-b");
  EXPECT_EQ(drop("team").outcome, Written::Outcome::Deleted);
  EXPECT_TRUE(resources->find(config_map, "team-b", "c"));
}

// Whichever commits first, no object outlives its namespace.
TEST_F(NamespaceTest, ARemovalDuringACreateWins) {
  make("team");
  store.before_commit = [&] { EXPECT_EQ(drop("team").outcome, Written::Outcome::Deleted); };
  const base::Status status = refusal([&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); });
  EXPECT_EQ(status.reason(), Reason::NotFound);
  EXPECT_EQ(store.count("/core/configmaps/team/"), 0u);
}

TEST_F(NamespaceTest, ACreateDuringARemovalGoesWithIt) {
  make("team");
  store.before_commit = [&] { create(config_map, R"({"metadata":{"name":"c"}})", {}, "team"); };
  EXPECT_EQ(drop("team").outcome, Written::Outcome::Deleted);
  EXPECT_EQ(store.count("/core/configmaps/team/"), 0u);
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
