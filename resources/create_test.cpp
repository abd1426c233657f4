// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"
#include "resources/object/object_meta.hpp"
#include "resources/object_writer.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;

class CreateTest : public testing::ResourcesTest {};
using testing::kind_named;
using testing::refusal;

TEST_F(CreateTest, StampsWhatTheServerOwns) {
  const Written written = create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container",
      "metadata":{"name":"web","uid":"mine","generation":9,"creationTimestamp":null,"selfLink":"/x",
                  "deletionTimestamp":"2020-01-01T00:00:00Z","managedFields":[{"manager":"kubectl"}]},
      "spec":{"host":"local","image":"nginx:1.27"},"status":{"phase":"Running"}})");
  EXPECT_EQ(written.outcome, Written::Outcome::Created);
  const Json object = written.object.parse();
  EXPECT_EQ(base::string_at(object, "metadata.namespace"), "default");
  EXPECT_EQ(base::string_at(object, "metadata.uid").size(), 36u);
  EXPECT_EQ(base::int_at(object, "metadata.generation"), 1);
  EXPECT_EQ(base::string_at(object, "metadata.creationTimestamp"), base::format_time(clock.now()));
  EXPECT_EQ(base::string_at(object, "metadata.resourceVersion"), std::to_string(written.object.revision));
  for (const char* gone : {"metadata.selfLink", "metadata.deletionTimestamp", "status.phase"}) {
    EXPECT_EQ(base::find_path(object, gone), nullptr) << gone;
  }
  EXPECT_EQ(base::to_canonical(object.at("metadata").at("finalizers")), R"(["berth.dev/engine"])");
  EXPECT_EQ(base::int_at(object, "status.observedGeneration", -1), 0);
  const Json& ready = object.at("status").at("conditions").at(0);
  EXPECT_EQ(base::string_at(ready, "type"), "Ready");
  EXPECT_EQ(base::string_at(ready, "status"), "Unknown");
  EXPECT_EQ(base::string_at(ready, "reason"), "Pending");
  EXPECT_EQ(base::string_at(object, "spec.restartPolicy"), "Always") << "defaults are stored";
}

TEST_F(CreateTest, GivesBackTheStoredBytesAndCommitsOnce) {
  const Written written = create_web();
  EXPECT_EQ(store.commits, 1);
  EXPECT_EQ(store.appends, 0) << "the audit record goes with the write";
  EXPECT_EQ(*written.object.bytes, base::to_canonical(written.object.parse())) << "canonical";
  EXPECT_EQ(resources->get(container, "default", "web").bytes, store.get("/berth.dev/containers/default/web")->value);
  EXPECT_EQ(*resources->get(container, "default", "web").bytes, *written.object.bytes);
}

TEST_F(CreateTest, TheKindsFinalizersJoinTheUsers) {
  const auto finalizers_of = [&](const std::string& name, const std::string& finalizers) {
    const Json object =
        create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":")" + name +
                              R"(","finalizers":)" + finalizers + R"(},"spec":{"host":"local","image":"nginx"}})")
            .object.parse();
    return base::to_canonical(object.at("metadata").at("finalizers"));
  };
  EXPECT_EQ(finalizers_of("a", R"(["example.com/x"])"), R"(["example.com/x","berth.dev/engine"])");
  EXPECT_EQ(finalizers_of("b", R"(["berth.dev/engine"])"), R"(["berth.dev/engine"])");
  EXPECT_EQ(finalizers_of("c", "null"), R"(["berth.dev/engine"])");
}

TEST_F(CreateTest, UnschedulableHostTakesNothingNew) {
  const auto host_is = [&](const std::string& unschedulable) {
    return R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"local"},"spec":{"local":{},"unschedulable":)" +
           unschedulable + "}}";
  };
  create(host, host_is("false"));
  create_web();
  merge(host, "local", R"({"spec":{"unschedulable":true}})");
  for (const char* kind : {"Container", "Network", "Volume"}) {
    const std::string image = std::string(kind) == "Container" ? R"(,"image":"nginx")" : "";
    const std::string body = R"({"apiVersion":"berth.dev/v1","kind":")" + std::string(kind) +
                             R"(","metadata":{"name":"new"},"spec":{"host":"local")" + image + "}}";
    const base::Status status = refusal([&] { create(kind_named(kind), body); });
    EXPECT_EQ(status.reason(), Reason::Forbidden);
    EXPECT_EQ(status.message(), kind_named(kind).resource() +
                                    " \"new\" is forbidden: host \"local\" takes nothing new "
                                    "(spec.unschedulable)");
  }
  merge(container, "web", R"({"spec":{"image":"nginx:2"}})");  // what is there goes on
  merge(host, "local", R"({"spec":{"unschedulable":false}})");
  create(kind_named("Volume"),
         R"({"apiVersion":"berth.dev/v1","kind":"Volume","metadata":{"name":"new"},"spec":{"host":"local"}})");
}

TEST_F(CreateTest, SameNameIsAlreadyExists) {
  create_web();
  const base::Status status = refusal([&] { create_web(); });
  EXPECT_EQ(status.reason(), Reason::AlreadyExists);
  EXPECT_EQ(status.message(), "containers.berth.dev \"web\" already exists");
}

TEST_F(CreateTest, RefusesBodiesThatAreAnotherThing) {
  struct Case {
    const char* body;
    Reason reason;
    const char* message;
  };
  for (const Case& one : {
           Case{R"([])", Reason::BadRequest, "the body must be an object of kind Container"},
           Case{R"({"apiVersion":"berth.dev/v1","metadata":{"name":"web"}})", Reason::BadRequest,
                "Object 'Kind' is missing"},
           Case{R"({"apiVersion":"apps/v1","kind":"Container","metadata":{"name":"web"}})", Reason::BadRequest,
                "the API version in the data (apps/v1) does not match the expected API version (berth.dev/v1)"},
           Case{R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"web"}})", Reason::Invalid,
                "Container.berth.dev \"web\" is invalid: kind: Invalid value: \"Host\": must be Container"},
           Case{R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","namespace":"other"}})",
                Reason::BadRequest,
                "the namespace of the provided object does not match the namespace sent on the request"},
           Case{R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","resourceVersion":"5"}})",
                Reason::BadRequest, "resourceVersion should not be set on objects to be created"},
           Case{R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":[]})", Reason::BadRequest,
                "\"metadata\" must be an object"},
       }) {
    const base::Status status = refusal([&] { create(container, one.body); });
    EXPECT_EQ(status.reason(), one.reason) << one.body;
    EXPECT_EQ(status.message(), one.message);
  }
  EXPECT_EQ(store.commits, 0);
}

TEST_F(CreateTest, ABuiltInKindSaysAnotherKindInUpstreamsWords) {
  const base::Status status =
      refusal([&] { create(config_map, R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}})"); });
  EXPECT_EQ(status.reason(), Reason::BadRequest);
  EXPECT_EQ(status.message(), "Secret in version \"v1\" cannot be handled as a ConfigMap: unknown conversion");
}

TEST_F(CreateTest, NamesEveryProblemOfTheSchema) {
  const base::Status status = refusal([&] {
    create(container,
           R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"Web"},"spec":{"host":"local"}})");
  });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  std::vector<std::string> fields;
  for (const base::Cause& cause : status.details().causes) fields.push_back(cause.field);
  EXPECT_NE(std::ranges::find(fields, "metadata.name"), fields.end());
  EXPECT_NE(std::ranges::find(fields, "spec.image"), fields.end());
  EXPECT_EQ(store.commits, 0);
}

TEST_F(CreateTest, NeedsAName) {
  const base::Status status = refusal([&] { create(config_map, R"({"metadata":{}})"); });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_EQ(status.details().causes.at(0).field, "metadata.name");
}

TEST_F(CreateTest, CompletesAGeneratedName) {
  const std::string base(70, 'a');
  const Written written = create(config_map, R"({"metadata":{"generateName":")" + base + R"("}})");
  const std::string name(base::string_at(written.object.parse(), "metadata.name"));
  EXPECT_EQ(name.size(), 63u);
  EXPECT_TRUE(name.starts_with(std::string(58, 'a')));
  EXPECT_EQ(name.find_first_not_of("bcdfghjklmnpqrstvwxz2456789", 58), std::string::npos);
}

TEST_F(CreateTest, GeneratesAgainWhenTheNameIsTaken) {
  const ObjectReader reader(store, keys);
  const NamespaceRules namespaces(store);
  std::vector<std::string> suffixes = {"ccccc", "bbbbb", "bbbbb", "bbbbb"};
  const auto next_suffix = [&suffixes] {
    std::string suffix = suffixes.back();
    if (suffixes.size() > 1) suffixes.pop_back();
    return suffix;
  };
  RbacIndex rbac(store);
  const Authorizer authorizer(rbac);
  AccessRules access(store, rbac, authorizer);
  ObjectWriter writer({&reader, &namespaces, &keys, &clock, &metrics, next_suffix, &access});
  const auto make = [&] {
    return base::run(
        writer.create(user, config_map, "default", testing::body_of(R"({"metadata":{"generateName":"job-"}})"), {}));
  };
  EXPECT_EQ(base::string_at(make().object.parse(), "metadata.name"), "job-bbbbb");
  EXPECT_EQ(base::string_at(make().object.parse(), "metadata.name"), "job-ccccc");
  const base::Status status = refusal(make);
  EXPECT_EQ(status.reason(), Reason::AlreadyExists);
  EXPECT_EQ(
      status.message(),
      "configmaps \"job-ccccc\" already exists, the server was not able to generate a unique name for the object");
  EXPECT_EQ(status.details().retry_after, std::chrono::seconds(1));
}

TEST_F(CreateTest, ABuiltInKindMayLeaveItsTypeOut) {
  const Json object = create(config_map, R"({"metadata":{"name":"c"},"data":{"a":"b"}})").object.parse();
  EXPECT_EQ(base::string_at(object, "kind"), "ConfigMap");
  EXPECT_EQ(base::string_at(object, "apiVersion"), "v1");
}

TEST_F(CreateTest, ClusterScopedObjectsCarryNoNamespace) {
  const Json object =
      create(
          host,
          R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"h","namespace":"x"},"spec":{"local":{}}})",
          {}, "")
          .object.parse();
  EXPECT_EQ(base::find_path(object, "metadata.namespace"), nullptr);
  EXPECT_TRUE(store.get("/berth.dev/hosts/h").has_value());
}

TEST_F(CreateTest, UnknownAndDuplicateFieldsFollowFieldValidation) {
  constexpr std::string_view kBody = R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
      "spec":{"host":"local","image":"a","foo":1,"image":"nginx:1.27"}})";
  const base::Status status = refusal([&] { create(container, kBody, {.field_validation = FieldValidation::Strict}); });
  EXPECT_EQ(status.reason(), Reason::BadRequest);
  EXPECT_EQ(status.message(),
            "Container in version \"v1\" cannot be handled as a Container: strict decoding error: unknown field "
            "\"spec.foo\", duplicate field \"spec.image\"");
  EXPECT_EQ(store.commits, 0);
  const Written warned = create(container, kBody, {.field_validation = FieldValidation::Warn});
  EXPECT_EQ(warned.warnings,
            (std::vector<std::string>{"unknown field \"spec.foo\"", "duplicate field \"spec.image\""}));
  EXPECT_EQ(base::find_path(warned.object.parse(), "spec.foo"), nullptr);
}

TEST_F(CreateTest, ManyUnknownFieldsAreCounted) {
  std::string spec = R"("host":"local","image":"a")";
  for (int i = 0; i < 1000; ++i) spec += ",\"foo" + std::to_string(i) + "\":1";
  const std::string body =
      R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{)" + spec + "}}";
  const std::string strict =
      refusal([&] { create(container, body, {.field_validation = FieldValidation::Strict}); }).message();
  EXPECT_NE(strict.find("unknown field \"spec.foo99\""), std::string::npos) << strict;
  EXPECT_TRUE(strict.ends_with(", and 900 more")) << strict;
  EXPECT_EQ(create(container, body).warnings.size(), 101u);
}

TEST_F(CreateTest, LongUnknownFieldsAreCut) {
  std::string fields;
  for (int i = 0; i < 50; ++i) fields += ",\"" + std::to_string(i) + std::string(10'000, 'x') + "\":1";
  const std::string strict =
      refusal([&] {
        create(config_map, R"({"metadata":{"name":"c"})" + fields + "}", {.field_validation = FieldValidation::Strict});
      }).message();
  EXPECT_LT(strict.size(), 20'000u);
  EXPECT_TRUE(strict.ends_with(" more")) << strict;
}

TEST_F(CreateTest, IgnoreSaysNothing) {
  const Written written =
      create(config_map, R"({"metadata":{"name":"c"},"bogus":1})", {.field_validation = FieldValidation::Ignore});
  EXPECT_TRUE(written.warnings.empty());
  EXPECT_EQ(written.object.parse().as_object().contains("bogus"), false);
}

TEST_F(CreateTest, NullsArePrunedOrDefaulted) {
  const Json object = create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container",
      "metadata":{"name":"web","labels":{"a":null},"annotations":null},
      "spec":{"host":"local","image":"nginx","restartPolicy":null,"hostname":null}})")
                          .object.parse();
  EXPECT_EQ(base::string_at(object, "spec.restartPolicy"), "Always");
  EXPECT_EQ(base::find_path(object, "spec.hostname"), nullptr);
  EXPECT_EQ(base::find_path(object, "metadata.annotations"), nullptr);
  EXPECT_EQ(base::to_canonical(object.at("metadata").at("labels")), R"({"a":""})");
  const base::Status status = refusal([&] {
    create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"b"},
        "spec":{"host":"local","image":"nginx","command":[null]}})");
  });
  EXPECT_EQ(status.reason(), Reason::Invalid);
}

TEST_F(CreateTest, DryRunLeavesNoTrace) {
  const auto revision = store.revision();
  const Written written =
      create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
      "spec":{"host":"local","image":"nginx"}})",
             {.dry_run = DryRun::All});
  EXPECT_EQ(written.outcome, Written::Outcome::Created);
  EXPECT_EQ(base::find_path(written.object.parse(), "metadata.resourceVersion"), nullptr);
  EXPECT_EQ(base::string_at(written.object.parse(), "metadata.uid").size(), 36u);
  EXPECT_EQ(store.commits + store.appends, 0);
  EXPECT_EQ(store.revision(), revision);
  EXPECT_FALSE(resources->find(container, "default", "web"));
  create_web();
  const base::Status status = refusal([&] {
    create(container, R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
        "spec":{"host":"local","image":"nginx"}})",
           {.dry_run = DryRun::All});
  });
  EXPECT_EQ(status.reason(), Reason::AlreadyExists);
}

TEST_F(CreateTest, CountsByKindVerbAndOutcome) {
  create_web();
  refusal([&] { create_web(); });
  const std::string text = metrics.expose();
  EXPECT_NE(text.find(R"(berth_resources_writes_total{kind="Container",outcome="created",verb="create"} 1)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(berth_resources_writes_total{kind="Container",outcome="refused",verb="create"} 1)"),
            std::string::npos);
}

}  // namespace
}  // namespace berth::resources
