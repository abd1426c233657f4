// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::body_of;
using testing::refusal;

constexpr std::string_view kWeb =
    R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{"host":"local","image":"nginx:1.27"}})";

class ApplyTest : public testing::ResourcesTest {
 protected:
  Written apply(const Kind& kind, const std::string& name, std::string_view configuration, ApplyOptions options = {},
                Part part = Part::Main) {
    if (options.write.field_manager.empty()) options.write.field_manager = "alice";
    return base::run(resources->apply(user, kind, "default", name, part, body_of(configuration), std::move(options)));
  }
  Written apply_web(std::string_view configuration, ApplyOptions options = {}, Part part = Part::Main) {
    return apply(container, "web", configuration, std::move(options), part);
  }
  static ApplyOptions as(std::string manager) { return {.write = {.field_manager = std::move(manager)}}; }
  static ApplyOptions forced(std::string manager) {
    return {.write = {.field_manager = std::move(manager)}, .force = true};
  }

  std::string fields_of(const Written& written, std::string_view manager, std::string_view operation = "Apply") {
    const Json object = written.object.parse();
    const Json* entries = base::find_path(object, "metadata.managedFields");
    if (entries == nullptr) return "";
    for (const Json& entry : entries->as_array()) {
      if (base::string_at(entry, "manager") == manager && base::string_at(entry, "operation") == operation) {
        return base::to_canonical(entry.at("fieldsV1"));
      }
    }
    return "";
  }
};

TEST_F(ApplyTest, MakesAnObjectOfAConfiguration) {
  const Written written = apply_web(kWeb);
  EXPECT_EQ(written.outcome, Written::Outcome::Created);
  EXPECT_EQ(fields_of(written, "alice"), R"({"f:spec":{"f:host":{},"f:image":{}}})");
  const Json object = written.object.parse();
  EXPECT_EQ(base::string_at(object, "spec.restartPolicy"), "Always");  // a default, of no manager
  EXPECT_EQ(base::to_canonical(object.at("metadata").at("finalizers")), R"(["berth.dev/engine"])");
  EXPECT_EQ(object.at("metadata").at("managedFields").as_array().size(), 1u);
  EXPECT_EQ(*written.object.bytes, base::to_canonical(object));
}

TEST_F(ApplyTest, TheSameAgainMovesNothing) {
  const Written first = apply_web(kWeb);
  clock.advance(std::chrono::hours(1));
  forget();
  const Written again = apply_web(kWeb);
  EXPECT_EQ(again.outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(*again.object.bytes, *first.object.bytes);
  EXPECT_EQ(store.commits, 0);
}

TEST_F(ApplyTest, AConflictNamesManagerAndField) {
  apply_web(kWeb);
  const base::Status status = refusal([&] {
    apply_web(
        R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{"image":"nginx:2"}})",
        as("bob"));
  });
  EXPECT_EQ(status.reason(), base::Reason::Conflict);
  EXPECT_EQ(status.message(), "Apply failed with 1 conflict: conflict with \"alice\": .spec.image");
  ASSERT_EQ(status.details().causes.size(), 1u);
  EXPECT_EQ(status.details().causes[0],
            (base::Cause{"FieldManagerConflict", "conflict with \"alice\"", ".spec.image"}));
}

TEST_F(ApplyTest, SeveralConflictsAreListedByManager) {
  create_web();
  merge(container, "web", R"({"spec":{"env":[{"name":"A","value":"1"}]}})", {.field_manager = "kubectl-edit"});
  const base::Status status = refusal([&] {
    apply_web(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
                  "spec":{"image":"nginx:2","env":[{"name":"A","value":"2"}]}})",
              as("bob"));
  });
  EXPECT_EQ(status.message(),
            "Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using berth.dev/v1:\n"
            "- .spec.env[name=\"A\"].value\n"
            "conflicts with \"unknown\" using berth.dev/v1:\n"
            "- .spec.image");
  EXPECT_EQ(status.details().causes.size(), 2u);
}

TEST_F(ApplyTest, ForceTakesAndTheSameValueIsShared) {
  apply_web(kWeb);
  const Written taken = apply_web(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
                    "spec":{"host":"local","image":"nginx:2"}})",
                                  forced("bob"));
  EXPECT_EQ(taken.outcome, Written::Outcome::Changed);
  EXPECT_EQ(fields_of(taken, "alice"), R"({"f:spec":{"f:host":{}}})");
  EXPECT_EQ(fields_of(taken, "bob"), R"({"f:spec":{"f:host":{},"f:image":{}}})");
}

// A list that is one value has the defaults of its items in the live object and not in a manifest: no difference.
TEST_F(ApplyTest, AnAtomicListIsComparedWithItsDefaults) {
  const std::string ports =
      R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{"host":"local","image":"nginx:1.27","ports":[{"containerPort":80}]}})";
  const Written first = apply_web(ports, as("alice"));
  EXPECT_EQ(base::string_at(first.object.parse().at("spec").at("ports").at(0), "protocol"), "TCP");
  const Written shared = apply_web(ports, as("bob"));
  EXPECT_EQ(fields_of(shared, "bob"), R"({"f:spec":{"f:host":{},"f:image":{},"f:ports":{}}})");
  EXPECT_EQ(fields_of(shared, "alice"), fields_of(first, "alice"));
  EXPECT_EQ(apply_web(ports, as("bob")).outcome, Written::Outcome::Unchanged);
  const std::string udp = std::string(ports).replace(ports.find("80}"), 2, R"(80,"protocol":"UDP")");
  EXPECT_EQ(refusal([&] { apply_web(udp, as("bob")); }).reason(), base::Reason::Conflict);
}

TEST_F(ApplyTest, WhatIsNoLongerAppliedGoesUnlessAnotherHasIt) {
  const auto with_env = [](std::string_view env) {
    return R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","labels":{"a":"1"}},
               "spec":{"host":"local","image":"nginx:1.27","env":)" +
           std::string(env) + "}}";
  };
  apply_web(with_env(R"([{"name":"A","value":"1"},{"name":"B","value":"2"}])"));
  apply_web(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
                "spec":{"env":[{"name":"B","value":"2"},{"name":"C","value":"3"}]}})",
            as("bob"));
  const Json left = apply_web(kWeb).object.parse();
  EXPECT_EQ(base::to_canonical(left.at("spec").at("env")), R"([{"name":"B","value":"2"},{"name":"C","value":"3"}])");
  EXPECT_EQ(base::find_path(left, "metadata.labels"), nullptr);
}

TEST_F(ApplyTest, StatusHasAnEntryOfItsOwn) {
  apply_web(kWeb);
  const Written written = apply_web(
      R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","labels":{"x":"y"}},
          "spec":{"image":"nginx:9"},"status":{"observedGeneration":7}})",
      as("prober"), Part::Status);
  const Json object = written.object.parse();
  EXPECT_EQ(base::string_at(object, "spec.image"), "nginx:1.27");
  EXPECT_EQ(base::find_path(object, "metadata.labels"), nullptr);
  EXPECT_EQ(base::int_at(object, "status.observedGeneration"), 7);
  EXPECT_EQ(fields_of(written, "prober"), R"({"f:status":{"f:observedGeneration":{}}})");
  EXPECT_EQ(refusal([&] { apply(container, "none", kWeb, {}, Part::Status); }).reason(), base::Reason::NotFound);
}

TEST_F(ApplyTest, TheMainResourceTakesNoStatus) {
  const Written written = apply_web(
      R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","creationTimestamp":null},
          "spec":{"host":"local","image":"nginx:1.27"},"status":{"observedGeneration":7}})");
  EXPECT_EQ(base::int_at(written.object.parse(), "status.observedGeneration"), 0);
  EXPECT_EQ(fields_of(written, "alice"), R"({"f:spec":{"f:host":{},"f:image":{}}})");
}

TEST_F(ApplyTest, BerthsOwnStatusIsBerthds) {
  const Json created = create_web().object.parse();
  const auto reported = base::run(resources->set_status(controller, container, "default", "web",
                                                        std::string(base::string_at(created, "metadata.uid")),
                                                        base::parse_json(R"({"observedGeneration":1})")));
  ASSERT_TRUE(reported);
  const Json object = reported->parse();
  const Json& entry = object.at("metadata").at("managedFields").at(0);
  EXPECT_EQ(base::string_at(entry, "manager"), "berthd");
  EXPECT_EQ(base::string_at(entry, "subresource"), "status");
  EXPECT_EQ(base::to_canonical(entry.at("fieldsV1")), R"({"f:status":{"f:observedGeneration":{}}})");
}

TEST_F(ApplyTest, AnUnmanagedObjectsFieldsAreBeforeFirstApply) {
  create_web(R"({"a":"1"})");
  merge(container, "web", R"({"metadata":{"managedFields":[]}})");
  EXPECT_EQ(base::find_path(live(container, "web"), "metadata.managedFields"), nullptr);
  merge(container, "web", R"({"metadata":{"labels":{"b":"2"}}})");  // nobody counts until it is applied
  EXPECT_EQ(base::find_path(live(container, "web"), "metadata.managedFields"), nullptr);
  const Written written = apply_web(kWeb);
  EXPECT_NE(fields_of(written, "before-first-apply", "Update").find("\"f:labels\":{\".\":{},\"f:a\":{},\"f:b\":{}}"),
            std::string::npos);
}

TEST_F(ApplyTest, KubectlTakesOverFromClientSideApply) {
  const std::string last =
      R"({\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"1\"}})";
  create(config_map,
         R"({"metadata":{"name":"c","annotations":{"kubectl.kubernetes.io/last-applied-configuration":")" + last +
             R"("}},"data":{"a":"1"}})",
         {.field_manager = "kubectl-client-side-apply"});
  const char* next = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"<2>"}})";
  EXPECT_EQ(refusal([&] { apply(config_map, "c", next, as("flux")); }).reason(), base::Reason::Conflict);
  const Written written = apply(config_map, "c", next, as("kubectl"));
  EXPECT_EQ(base::string_at(written.object.parse(), "data.a"), "<2>");
  const Json annotations = live(config_map, "c").at("metadata").at("annotations");
  EXPECT_EQ(annotations.at("kubectl.kubernetes.io/last-applied-configuration").as_string(),
            "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"\\u003c2\\u003e\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
            "\"c\"}}\n");
}

TEST_F(ApplyTest, RefusesWhatIsNoConfiguration) {
  const auto message = [&](std::string_view configuration) {
    const base::Status status = refusal([&] { apply_web(configuration); });
    EXPECT_EQ(status.reason(), base::Reason::BadRequest) << status.message();
    return status.message();
  };
  EXPECT_EQ(message("{}"), "invalid object type: /, Kind=");
  EXPECT_EQ(message(R"({"apiVersion":"v1","kind":"ConfigMap"})"), "invalid object type: /v1, Kind=ConfigMap");
  EXPECT_EQ(message(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"managedFields":[]}})"),
            "metadata.managedFields must be nil");
  EXPECT_EQ(message(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{},"spec":{"bogus":1}})"),
            "failed to create typed patch object (default/web; berth.dev/v1, Kind=Container): .spec.bogus: field not "
            "declared in schema");
  EXPECT_EQ(message(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"db"},"spec":{}})"),
            "the name of the object (db) does not match the name on the URL (web)");
  message(R"([])");
}

TEST_F(ApplyTest, NamesEachUnknownField) {
  const auto unknown = [&](int count) {
    std::string fields;
    for (int i = 0; i < count; ++i) fields += R"(,"foo)" + std::to_string(i) + R"(":1)";
    return refusal([&] {
             apply_web(
                 R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{"host":"a")" +
                 fields + "}}");
           })
        .message();
  };
  EXPECT_EQ(unknown(2),
            "failed to create typed patch object (default/web; berth.dev/v1, Kind=Container): errors:\n"
            "  .spec.foo0: field not declared in schema\n  .spec.foo1: field not declared in schema");
  EXPECT_TRUE(unknown(1000).ends_with("\n  and 900 more")) << unknown(1000);
}

TEST_F(ApplyTest, NamesValuesThatCannotBeMerged) {
  const auto causes = [&](std::string_view spec) {
    const base::Status status = refusal([&] {
      apply_web(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":)" +
                std::string(spec) + "}");
    });
    EXPECT_EQ(status.reason(), base::Reason::Invalid);
    std::string fields;
    for (const base::Cause& cause : status.details().causes) fields.append(cause.field).append(" ");
    return fields;
  };
  EXPECT_EQ(causes(R"({"image":5})"), "spec.image ");
  EXPECT_EQ(causes(R"({"image":null})"), "spec.image ");
  EXPECT_EQ(causes(R"({"env":"x"})"), "spec.env ");
  EXPECT_EQ(causes(R"({"env":[{"name":"A"},{"name":"A"}]})"), "spec.env[1] ");
  EXPECT_EQ(causes(R"({"image":"nginx"})"), "spec.host ");  // of what it is merged into, something is missing
}

TEST_F(ApplyTest, PreconditionsOfTheAbsentAndThePresent) {
  const auto with = [](std::string_view metadata) {
    return R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":)" + std::string(metadata) +
           R"(,"spec":{"host":"local","image":"nginx:1.27"}})";
  };
  EXPECT_EQ(
      refusal([&] { apply_web(with(R"({"name":"web","uid":"x"})")); }).message(),
      "Operation cannot be fulfilled on containers.berth.dev \"web\": uid mismatch: the provided object specified "
      "uid x, and no existing object was found");
  EXPECT_EQ(apply_web(with(R"({"resourceVersion":"1"})")).outcome, Written::Outcome::Created);
  EXPECT_EQ(refusal([&] { apply_web(with(R"({"name":"web","resourceVersion":"1"})")); }).reason(),
            base::Reason::Conflict);
  EXPECT_EQ(refusal([&] { apply_web(with(R"({"name":"web","uid":"x"})")); }).reason(), base::Reason::Invalid);
}

TEST_F(ApplyTest, ADryRunStoresNothing) {
  const Written made = apply_web(kWeb, {.write = {.dry_run = DryRun::All, .field_manager = "alice"}});
  EXPECT_EQ(made.outcome, Written::Outcome::Created);
  EXPECT_EQ(base::find_path(made.object.parse(), "metadata.resourceVersion"), nullptr);
  EXPECT_EQ(fields_of(made, "alice"), R"({"f:spec":{"f:host":{},"f:image":{}}})");
  EXPECT_EQ(store.commits, 0);
  EXPECT_FALSE(resources->find(container, "default", "web"));
}

TEST_F(ApplyTest, WhoMayNotCreateIsRefusedForTheAbsentOnly) {
  ApplyOptions options = as("alice");
  options.create_refusal = base::Status(base::Reason::Forbidden, "no");
  EXPECT_EQ(refusal([&] { apply_web(kWeb, options); }).message(), "no");
  apply_web(kWeb);
  EXPECT_EQ(apply_web(kWeb, options).outcome, Written::Outcome::Unchanged);
}

TEST_F(ApplyTest, AnObjectMadeMeanwhileIsMergedInto) {
  store.before_commit = [&] { create_web(); };
  const Written written = apply_web(kWeb);
  EXPECT_EQ(written.outcome, Written::Outcome::Changed);
  EXPECT_EQ(written.object.parse().at("metadata").at("managedFields").as_array().size(), 2u);
}

TEST_F(ApplyTest, ASealedKindMovesNothingEither) {
  constexpr std::string_view kSecret =
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"MQ=="},"stringData":{"b":"2"}})";
  apply(secret, "s", kSecret);
  forget();
  EXPECT_EQ(apply(secret, "s", kSecret).outcome, Written::Outcome::Unchanged);
  EXPECT_EQ(store.commits, 0);
}

TEST_F(ApplyTest, ManagedFieldsMayBeWrittenByPatch) {
  apply_web(kWeb);
  const Written renamed =
      json_patch(container, "web", R"([{"op":"replace","path":"/metadata/managedFields/0/manager","value":"bob"}])");
  EXPECT_EQ(renamed.outcome, Written::Outcome::Changed);
  EXPECT_EQ(fields_of(renamed, "bob"), R"({"f:spec":{"f:host":{},"f:image":{}}})");
  EXPECT_EQ(fields_of(renamed, "alice"), "");
  // Not through /status, and nothing that cannot be read.
  EXPECT_EQ(merge(container, "web", R"({"metadata":{"managedFields":[{}]}})", {}, Part::Status).outcome,
            Written::Outcome::Unchanged);
  EXPECT_EQ(merge(container, "web", R"({"metadata":{"managedFields":[{"manager":"x"}]}})").outcome,
            Written::Outcome::Unchanged);
  const base::Status status = refusal([&] {
    json_patch(container, "web", R"([{"op":"replace","path":"/metadata/managedFields/0/manager","value":"a\u0001"}])");
  });
  EXPECT_EQ(status.details().causes.at(0).field, "metadata.managedFields[0].manager");
}

// Quadratic anywhere, this would take minutes.
TEST_F(ApplyTest, AMegabyteOfManagersIsReadAndCapped) {
  create_web();
  std::string patch = R"({"metadata":{"managedFields":[)";
  for (int at = 0; at < 4000; ++at) {
    const std::string number = std::to_string(at);
    patch.append(at == 0 ? "" : ",")
        .append(R"({"manager":"m)" + number + R"(","operation":")")
        .append(at % 2 == 0 ? "Update" : "Apply");
    patch.append(R"(","apiVersion":"berth.dev/v1","fieldsType":"FieldsV1","fieldsV1":{"f:f)" + number + R"(":{}}})");
  }
  const Written written = merge(container, "web", patch + "]}}");
  EXPECT_EQ(written.object.parse().at("metadata").at("managedFields").as_array().size(), 2010u);
  EXPECT_EQ(apply_web(kWeb).outcome, Written::Outcome::Changed);
  EXPECT_EQ(apply_web(kWeb).outcome, Written::Outcome::Unchanged);
}

TEST_F(ApplyTest, ACreateTracksWhatTheUserSent) {
  const Written written = create(container, kWeb, {.field_manager = "kubectl-create"});
  const std::string fields = fields_of(written, "kubectl-create", "Update");
  EXPECT_NE(fields.find("\"f:image\":{}"), std::string::npos);
  EXPECT_EQ(fields.find("f:finalizers"), std::string::npos);
  EXPECT_EQ(fields.find("f:status"), std::string::npos);
}

}  // namespace
}  // namespace berth::resources
