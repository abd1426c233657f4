// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "resources/built_in_rules.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;

class UpdateTest : public testing::ResourcesTest {};
using testing::refusal;

void set(Json& object, std::string_view path, std::string_view member, Json value) {
  base::make_path(object, path)[member] = std::move(value);
}

TEST_F(UpdateTest, GenerationFollowsWhatIsDeclared) {
  Json object = create_web().object.parse();
  set(object, "spec", "image", "nginx:1.28");
  Json changed = update(container, "web", object).object.parse();
  EXPECT_EQ(base::int_at(changed, "metadata.generation"), 2);
  set(changed, "metadata.labels", "a", "b");
  const Json labelled = update(container, "web", changed).object.parse();
  EXPECT_EQ(base::int_at(labelled, "metadata.generation"), 2);
  EXPECT_EQ(store.commits, 4) << "with the revision that the first took away";
}

TEST_F(UpdateTest, ANoOpMovesNothing) {
  const Written created = create_web();
  const auto revision = store.revision();
  Json object = created.object.parse();
  object.at("metadata").as_object().erase("managedFields");
  const Written same = update(container, "web", object);
  EXPECT_EQ(same.outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(*same.object.bytes, *created.object.bytes);
  EXPECT_EQ(merge(container, "web", R"({"spec":{"image":"nginx:1.27"}})").outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(merge(container, "web", R"({"spec":{"hostname":null}})").outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(json_patch(container, "web", R"([])").outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(store.commits, 1);
  EXPECT_EQ(store.revision(), revision);
  EXPECT_NE(metrics.expose().find(R"(berth_resources_unchanged_total{kind="Container"} 4)"), std::string::npos);
}

// As upstream's Go types are written: metadata of every kind, and all of a built-in one.
TEST_F(UpdateTest, WhatIsLeftEmptyIsLeftOut) {
  create(config_map,
         R"({"metadata":{"name":"m","labels":{"a":"1"},"finalizers":[]},"data":{"k":"v"},"binaryData":{}})");
  Json object = live(config_map, "m");
  EXPECT_EQ(base::find_path(object, "binaryData"), nullptr);
  EXPECT_EQ(base::find_path(object, "metadata.finalizers"), nullptr);
  merge(config_map, "m", R"({"metadata":{"labels":{"a":null}},"data":{"k":null}})");
  object = live(config_map, "m");
  EXPECT_EQ(base::find_path(object, "metadata.labels"), nullptr);
  EXPECT_EQ(base::find_path(object, "data"), nullptr);
  EXPECT_EQ(base::find_path(object, "metadata.managedFields"), nullptr) << "nobody has anything";
  EXPECT_EQ(merge(config_map, "m", R"({"data":{}})").outcome, Written::Outcome::Unchanged);

  create_web();
  merge(container, "web", R"({"metadata":{"labels":{}},"spec":{"env":[]}})");
  object = live(container, "web");
  EXPECT_EQ(base::find_path(object, "metadata.labels"), nullptr);
  EXPECT_NE(base::find_path(object, "spec.env"), nullptr) << "a custom resource keeps what was sent";
}

TEST_F(UpdateTest, AStaleVersionIsAConflict) {
  Json object = create_web().object.parse();
  merge(container, "web", R"({"spec":{"image":"nginx:2"}})");
  set(object, "spec", "image", "nginx:3");
  const base::Status status = refusal([&] { update(container, "web", object); });
  EXPECT_EQ(status.reason(), Reason::Conflict);
  EXPECT_EQ(status.message(),
            "Operation cannot be fulfilled on containers.berth.dev \"web\": the object has been modified; please "
            "apply your changes to the latest version and try again");
  EXPECT_EQ(base::string_at(live(container, "web"), "spec.image"), "nginx:2");
}

TEST_F(UpdateTest, OurKindsNeedAVersion) {
  Json object = create_web().object.parse();
  object.at("metadata").as_object().erase("resourceVersion");
  const base::Status status = refusal([&] { update(container, "web", object); });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_EQ(status.message(),
            "Container.berth.dev \"web\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified "
            "for an update");
  set(object, "metadata", "resourceVersion", "abc");
  EXPECT_EQ(refusal([&] { update(container, "web", object); }).details().causes.at(0).field,
            "metadata.resourceVersion");
}

TEST_F(UpdateTest, BuiltInKindsMayComeWithout) {
  create(config_map, R"({"metadata":{"name":"c"},"data":{"a":"1"}})");
  const Json next = base::parse_json(R"({"metadata":{"name":"c"},"data":{"a":"2"}})");
  // Another write comes between the read and the commit: an update without a version is made again.
  store.before_commit = [&] { merge(config_map, "c", R"({"data":{"b":"x"}})"); };
  EXPECT_EQ(update(config_map, "c", next).outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::to_canonical(live(config_map, "c").at("data")), R"({"a":"2"})");
}

// Upstream's strategy of Leases: who writes without having read would take the lease from its holder.
TEST_F(UpdateTest, ALeaseNeedsAVersionAndIsMadeByAnUpdate) {
  const Kind& lease = testing::kind_named("Lease");
  Json next = base::parse_json(R"({"metadata":{"name":"l"},"spec":{"holderIdentity":"a"}})");
  const Written made = update(lease, "l", next);
  EXPECT_EQ(made.outcome, Written::Outcome::Created);
  EXPECT_EQ(refusal([&] { update(lease, "l", next); }).message(),
            "Lease.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be "
            "specified for an update");
  set(next, "metadata", "resourceVersion", Json(std::to_string(made.object.revision)));
  set(next, "spec", "holderIdentity", "b");
  EXPECT_EQ(update(lease, "l", next).outcome, Written::Outcome::Changed);
}

TEST_F(UpdateTest, WhatAnUpdateMakesNeedsTheRightToCreate) {
  const Kind& role = testing::kind_named("Role");
  const Json next = base::parse_json(R"({"metadata":{"name":"r"}})");
  const Caller nobody{"bob", {}, "certificate", "192.0.2.7:51234", "req-1"};
  const auto put = [&](const Caller& caller, const Json& value) {
    return base::run(resources->update(caller, role, "default", "r", Part::Main, Body{value, {}}, {}));
  };
  EXPECT_EQ(refusal([&] { put(nobody, next); }).message(),
            "roles.rbac.authorization.k8s.io \"r\" is forbidden: User \"bob\" cannot create resource \"roles\" in API "
            "group \"rbac.authorization.k8s.io\" in the namespace \"default\"");
  Json other = next;
  set(other, "metadata", "uid", "u");
  EXPECT_EQ(refusal([&] { put(user, other); }).reason(), Reason::Conflict);
  EXPECT_EQ(put(user, next).outcome, Written::Outcome::Created);
  EXPECT_EQ(put(nobody, next).outcome, Written::Outcome::Unchanged) << "the right to update is the API's to ask for";
  EXPECT_EQ(refusal([&] { update(config_map, "c", base::parse_json(R"({"metadata":{"name":"c"}})")); }).reason(),
            Reason::NotFound);
}

// As upstream's decoder, which a client takes for its own mistake and not for an immutable field.
TEST_F(UpdateTest, AWrongTypeIsABadRequest) {
  create(config_map, R"({"metadata":{"name":"c"},"data":{"a":"1"}})");
  const base::Status status =
      refusal([&] { update(config_map, "c", base::parse_json(R"({"metadata":{"name":"c"},"data":{"a":1}})")); });
  EXPECT_EQ(status.reason(), Reason::BadRequest);
  EXPECT_EQ(
      status.message(),
      "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct "
      "field ConfigMap.data of type string");
  EXPECT_EQ(refusal([&] { merge(config_map, "c", R"({"data":{"a":1}})"); }).reason(), Reason::Invalid);
}

TEST_F(UpdateTest, AnotherUidIsAConflict) {
  Json object = create_web().object.parse();
  const std::string uid(base::string_at(object, "metadata.uid"));
  set(object, "metadata", "uid", "other");
  const base::Status status = refusal([&] { update(container, "web", object); });
  EXPECT_EQ(status.reason(), Reason::Conflict);
  EXPECT_NE(status.message().find("UID in precondition: other, UID in object meta: " + uid), std::string::npos);
}

TEST_F(UpdateTest, NameAndNamespaceAreTheUrls) {
  Json object = create_web().object.parse();
  set(object, "metadata", "name", "other");
  EXPECT_EQ(refusal([&] { update(container, "web", object); }).message(),
            "the name of the object (other) does not match the name on the URL (web)");
  set(object, "metadata", "name", "web");
  set(object, "metadata", "namespace", "other");
  EXPECT_EQ(refusal([&] { update(container, "web", object); }).reason(), Reason::BadRequest);
  set(object, "metadata", "namespace", "");
  set(object, "metadata", "name", "");
  EXPECT_EQ(refusal([&] { update(container, "web", object); }).reason(), Reason::BadRequest);
}

TEST_F(UpdateTest, AbsentIsNotFound) {
  const base::Status status = refusal([&] { update(container, "no", base::parse_json("{}")); });
  EXPECT_EQ(status.reason(), Reason::NotFound);
  EXPECT_EQ(status.message(), "containers.berth.dev \"no\" not found");
  EXPECT_EQ(status.details().kind, "containers");
  EXPECT_EQ(refusal([&] { merge(container, "no", R"({"spec":{}})"); }).reason(), Reason::NotFound);
}

TEST_F(UpdateTest, SystemFieldsAreRestored) {
  Json object = create_web().object.parse();
  const Json before = object;
  set(object, "metadata", "creationTimestamp", "2001-01-01T00:00:00Z");
  set(object, "metadata", "generation", 77);
  object.at("metadata").as_object().erase("uid");
  EXPECT_EQ(update(container, "web", object).outcome, Written::Outcome::Unchanged);
}

TEST_F(UpdateTest, ImmutableFieldsAreRefused) {
  Json object = create_web().object.parse();
  set(object, "spec", "host", "other");
  const base::Status status = refusal([&] { update(container, "web", object); });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_EQ(status.details().causes.at(0).field, "spec.host");
}

TEST_F(UpdateTest, TheConflictComesBeforeTheSchema) {
  Json object = create_web().object.parse();
  merge(container, "web", R"({"spec":{"image":"nginx:2"}})");
  set(object, "spec", "host", "other");
  EXPECT_EQ(refusal([&] { update(container, "web", object); }).reason(), Reason::Conflict);
}

TEST_F(UpdateTest, MainIgnoresStatusAndStatusIgnoresTheRest) {
  Json object = create_web().object.parse();
  const Json stamped = object.at("status");
  set(object, "status", "phase", "Running");
  EXPECT_EQ(update(container, "web", object).outcome, Written::Outcome::Unchanged);
  set(object, "spec", "image", "evil");
  set(object, "metadata.labels", "x", "y");
  const Written written = update(container, "web", object, {}, Part::Status);
  const Json stored = written.object.parse();
  EXPECT_EQ(base::string_at(stored, "status.phase"), "Running");
  EXPECT_EQ(base::string_at(stored, "spec.image"), "nginx:1.27");
  EXPECT_EQ(base::find_path(stored, "metadata.labels.x"), nullptr);
  EXPECT_EQ(base::int_at(stored, "metadata.generation"), 1);
  EXPECT_EQ(refusal([&] { update(container, "web", object, {}, Part::Status); }).reason(), Reason::Conflict)
      << "its version counts";
}

TEST_F(UpdateTest, OfManyWithOneVersionExactlyOneWins) {
  const auto plain = store::make_memory_store();
  const auto shared = Resources::make({plain.get(), &keys, &clock, &metrics});
  base::run(shared->bootstrap(""));
  const Json before =
      base::run(shared->create(user, config_map, "default", testing::body_of(R"({"metadata":{"name":"c"}})"), {}))
          .object.parse();
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      Json object = before;
      set(object, "data", "by", Json(std::to_string(i)));
      try {
        base::run(shared->update(user, config_map, "default", "c", Part::Main, Body{object, {}}, {}));
        ++won;
      } catch (const base::Status& status) {
        EXPECT_EQ(status.reason(), Reason::Conflict);
        ++lost;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
}

// As upstream, where only kinds have one whose strategy counts it.
TEST_F(UpdateTest, ABuiltInKindHasNoGeneration) {
  const auto has_one = [](const Json& object) { return base::find_path(object, "metadata.generation") != nullptr; };
  EXPECT_FALSE(
      has_one(create(config_map, R"({"metadata":{"name":"c","generation":4,"finalizers":["a/b"]}})").object.parse()));
  EXPECT_FALSE(has_one(merge(config_map, "c", R"({"data":{"a":"b"},"metadata":{"generation":7}})").object.parse()));
  EXPECT_FALSE(has_one(remove(config_map, "c").object.parse()));
  EXPECT_FALSE(has_one(live(testing::kind_named("Namespace"), "default", "")));
  EXPECT_FALSE(has_one(live(testing::kind_named("ClusterRole"), "view", "")));
}

// Stored by an older version.
TEST_F(UpdateTest, AGenerationThatABuiltInKindHadIsLostAtTheNextWrite) {
  const auto with_one = [] { return base::parse_json(R"({"metadata":{"name":"c","generation":4},"data":{"a":"b"}})"); };
  const Json before = with_one();
  Json map = with_one();
  admit_built_in(config_map, map);
  map.as_object()["data"] = base::JsonObject();
  raise_generation(before, map);
  EXPECT_EQ(base::to_canonical(map), R"({"data":{},"metadata":{"name":"c"}})");
  Json other = with_one();
  admit_built_in(container, other);
  EXPECT_EQ(base::to_canonical(other), base::to_canonical(before)) << "ours count";
}

TEST_F(UpdateTest, DryRunCarriesTheLiveVersion) {
  const Written created = create_web();
  forget();
  const Written dry = merge(container, "web", R"({"spec":{"image":"nginx:2"}})", {.dry_run = DryRun::All});
  EXPECT_EQ(dry.outcome, Written::Outcome::Changed);
  EXPECT_EQ(base::string_at(dry.object.parse(), "metadata.resourceVersion"), std::to_string(created.object.revision));
  EXPECT_EQ(base::string_at(dry.object.parse(), "spec.image"), "nginx:2");
  EXPECT_EQ(store.commits + store.appends, 0);
}

TEST_F(UpdateTest, OlderRecordsAreDefaultedAsTheyAreRead) {
  store::Write write;
  write.key = "/berth.dev/containers/default/old";
  write.schema = 0;
  write.value = {
      R"({"apiVersion":"berth.dev/v1","gone":1,"kind":"Container","metadata":{"name":"old","namespace":"default",)"
      R"("resourceVersion":")",
      R"(","uid":"u"},"spec":{"host":"local","image":"nginx"}})"};
  const auto entry = base::run(store.commit(write));
  const Json object = live(container, "old");
  EXPECT_EQ(base::string_at(object, "spec.restartPolicy"), "Always");
  EXPECT_EQ(base::string_at(object, "metadata.resourceVersion"), std::to_string(entry.revision));
  EXPECT_FALSE(object.as_object().contains("gone"));
}

TEST_F(UpdateTest, SetStatusWritesOnlyTheStatusOfOneUid) {
  const std::string uid(base::string_at(create_web().object.parse(), "metadata.uid"));
  forget();
  const Json status = base::parse_json(R"({"observedGeneration":1,"phase":"Running"})");
  const auto set_status = [&](const std::string& of, const char* name) {
    return base::run(resources->set_status(controller, container, "default", name, of, status));
  };
  const auto written = set_status(uid, "web");
  ASSERT_TRUE(written);
  EXPECT_EQ(base::to_canonical(written->parse().at("status")), R"({"observedGeneration":1,"phase":"Running"})");
  EXPECT_EQ(base::int_at(written->parse(), "metadata.generation"), 1);
  EXPECT_EQ(store.commits, 1);
  EXPECT_EQ(set_status(uid, "web")->revision, written->revision) << "an equal status writes nothing";
  EXPECT_FALSE(set_status("other", "web"));
  EXPECT_FALSE(set_status(uid, "gone"));
  EXPECT_EQ(store.commits, 1);
}

TEST_F(UpdateTest, SetStatusIsMadeAgainAfterAConflict) {
  const std::string uid(base::string_at(create_web().object.parse(), "metadata.uid"));
  store.before_commit = [&] { merge(container, "web", R"({"spec":{"image":"nginx:2"}})"); };
  const auto written = base::run(
      resources->set_status(controller, container, "default", "web", uid, base::parse_json(R"({"phase":"Running"})")));
  ASSERT_TRUE(written);
  EXPECT_EQ(base::string_at(written->parse(), "spec.image"), "nginx:2");
  EXPECT_EQ(base::string_at(written->parse(), "status.phase"), "Running");
}

TEST_F(UpdateTest, ReferrersComeFromTheIndex) {
  create_web();
  create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"b"},"spec":{"host":"local",
      "image":"nginx","env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"s","key":"p"}}}]}})");
  using Name = Resources::Name;
  EXPECT_EQ(resources->referrers(container, "Host", "", "local"),
            (std::vector<Name>{{"default", "b"}, {"default", "web"}}));
  EXPECT_EQ(resources->referrers(container, "Secret", "default", "s"), (std::vector<Name>{{"default", "b"}}));
  EXPECT_TRUE(resources->referrers(container, "Secret", "other", "s").empty());
}

TEST_F(UpdateTest, RepeatedOwnersAreDroppedWithAWarning) {
  const std::string owner = R"({"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":"u-1"})";
  const std::string twice = R"("ownerReferences":[)" + owner + "," + owner + "]";
  const Written made = create(config_map, R"({"metadata":{"name":"c",)" + twice + "}}");
  const std::string tail =
      "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your "
      "requests; duplicate UID(s) observed: u-1";
  EXPECT_EQ(made.warnings, std::vector<std::string>{".metadata.ownerReferences contains duplicate entries" + tail});
  EXPECT_EQ(base::to_canonical(live(config_map, "c").at("metadata").at("ownerReferences")), "[" + owner + "]");
  const Written patched = merge(config_map, "c", R"({"metadata":{)" + twice + "}}");
  EXPECT_EQ(patched.outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(patched.warnings,
            std::vector<std::string>{
                ".metadata.ownerReferences contains duplicate entries after mutating admission happens" + tail});
}

}  // namespace
}  // namespace berth::resources
