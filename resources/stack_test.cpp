// SPDX-License-Identifier: Apache-2.0
// ComposeStacks at admission.
#include "resources/resources_fixture.hpp"
#include "resources/stack_sources.hpp"

namespace berth::resources {
namespace {

class StackTest : public testing::ResourcesTest {
 protected:
  // `more` is members of the spec beside host and compose.
  static std::string stack(const std::string& compose, const std::string& more = "") {
    std::string text;
    base::append_quoted(text, compose);
    return R"({"apiVersion":"berth.dev/v1","kind":"ComposeStack","metadata":{"name":"shop"},"spec":{"host":"local",)" +
           more + R"("compose":)" + text + "}}";
  }
  Written make(const std::string& compose, const std::string& more = "", const std::string& ns = "default") {
    return create(kStack, stack(compose, more), {}, ns);
  }
  base::Status refused(const std::string& compose, const std::string& more = "") {
    return testing::refusal([&] { make(compose, more); });
  }
  static std::string project(const Written& written) {
    return std::string(base::string_at(written.object.parse(), "spec.project"));
  }

  const Kind& kStack = testing::kind_named("ComposeStack");
  const std::string kWeb = "services: {web: {image: nginx}}";
};

TEST_F(StackTest, KeepsTheFileByteForByte) {
  const std::string text = "# a stack\nservices:\n  web: {image:   nginx}\n";
  EXPECT_EQ(base::string_at(make(text).object.parse(), "spec.compose"), text);
}

TEST_F(StackTest, IsNamedByTheFileElseByNamespaceAndName) {
  EXPECT_EQ(project(make("name: Shop_2\n" + kWeb)), "shop_2");
  base::run(resources->remove(user, kStack, "default", "shop", {}));
  create(testing::kind_named("Namespace"), R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}})", {},
         "");
  EXPECT_EQ(project(make(kWeb, "", "team")), "team_shop");
}

TEST_F(StackTest, AProjectIsNamedOnce) {
  Json value = make("name: one\n" + kWeb).object.parse();
  value.at("spec").as_object().erase("project");
  value.at("spec").as_object()["compose"] = "name: two\n" + kWeb;
  const Written written = update(kStack, "shop", value);
  EXPECT_EQ(project(written), "one");
  ASSERT_EQ(written.warnings.size(), 1U);
  EXPECT_EQ(written.warnings[0],
            "spec.compose: name: \"two\" is ignored: the stack's project is \"one\", and stays so");
  const Json chosen = base::parse_json(
      R"({"apiVersion":"berth.dev/v1","kind":"ComposeStack","metadata":{"name":"other"},"spec":{"host":"local",)"
      R"("project":"mine","compose":"name: two\nservices: {web: {image: web}}"}})");
  EXPECT_TRUE(create(kStack, base::to_canonical(chosen)).warnings.empty()) << "who names it knows";
  value = written.object.parse();
  value.at("spec").as_object()["project"] = "three";
  EXPECT_EQ(testing::refusal([&] { update(kStack, "shop", value); }).details().causes.at(0).field, "spec.project");
}

TEST_F(StackTest, NoTwoObjectsHaveOneProjectByDefault) {
  const auto named = [](const char* ns, const char* name) {
    return project_of(base::JsonObject{{"metadata", base::JsonObject{{"namespace", ns}, {"name", name}}}});
  };
  EXPECT_EQ(named("default", "shop"), "shop");
  EXPECT_EQ(named("a", "b"), "a_b");
  EXPECT_NE(named("default", "a.b"), named("default", "ab"));
  EXPECT_NE(named("default", "a.b"), named("default", "a-b"));
}

TEST_F(StackTest, SaysWhereTheFileIsWrong) {
  const base::Status status = refused("services:\n  web:\n    image: nginx\n   ports: [80]\n");
  ASSERT_EQ(status.details().causes.size(), 1U);
  EXPECT_EQ(status.details().causes[0].field, "spec.compose");
  EXPECT_NE(status.message().find("line 4, column 4"), std::string::npos) << status.message();
}

TEST_F(StackTest, ReportsEveryProblemOfAStepWithItsPath) {
  const base::Status status = refused("services: {a: {image: x, uts: host}, b: {image: x, storage_opt: {size: 1G}}}");
  ASSERT_EQ(status.details().causes.size(), 2U);
  EXPECT_NE(status.details().causes[0].message.find("services.a.uts"), std::string::npos);
  EXPECT_NE(status.details().causes[1].message.find("services.b.storage_opt"), std::string::npos);
}

TEST_F(StackTest, AFileBesideIsNamedWhenItIsWrong) {
  const base::Status status =
      refused("services: {a: {extends: {file: base.yaml, service: a}}}",
              R"("files":[{"path":".env","content":"A=1"},{"path":"base.yaml","content":"services: [}"}],)");
  ASSERT_EQ(status.details().causes.size(), 1U) << status.message();
  EXPECT_EQ(status.details().causes[0].field, "spec.files[1].content") << status.message();
}

TEST_F(StackTest, WarnsOfWhatIsLeftOut) {
  const Written written = make("services: {web: {image: nginx, cpu_shares: 5}, app: {build: .}}");
  ASSERT_EQ(written.warnings.size(), 2U);
  EXPECT_TRUE(written.warnings[0].starts_with("spec.compose: services.")) << written.warnings[0];
}

TEST_F(StackTest, AMissingVariableIsNoErrorWhileItsConfigMapIsToCome) {
  const std::string needs = "services: {web: {image: \"nginx:${TAG:?which}\"}}";
  EXPECT_NE(refused(needs).message().find("which"), std::string::npos);
  make(needs, R"("env":[{"name":"TAG","valueFrom":{"configMapKeyRef":{"name":"versions","key":"tag"}}}],)");
}

TEST_F(StackTest, IsStoppedWhateverHasBecomeOfWhatItsFileRefersTo) {
  create(config_map, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"grace":"1s"}})");
  make("services: {web: {image: nginx, stop_grace_period: \"${GRACE}\"}}",
       R"("env":[{"name":"GRACE","valueFrom":{"configMapKeyRef":{"name":"c","key":"grace"}}}],)");
  merge(config_map, "c", R"({"data":{"grace":"soon"}})");
  merge(kStack, "shop", R"({"spec":{"desiredState":"Stopped","suspend":true}})");
  EXPECT_EQ(base::string_at(live(kStack, "shop"), "spec.desiredState"), "Stopped");
  EXPECT_EQ(testing::refusal([&] { merge(kStack, "shop", R"({"spec":{"profiles":["a"]}})"); }).reason(),
            base::Reason::Invalid);
}

TEST_F(StackTest, ASecretMayNotStandInTheOpen) {
  const std::string env = R"("env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"s","key":"p"}}}],)";
  make("services: {web: {image: nginx, environment: {P: \"${P}\"}}}", env);
  EXPECT_NE(refused("services: {web: {image: \"nginx:${P}\"}}", env).message().find("in the open"), std::string::npos);
}

TEST_F(StackTest, AChangeOfMetadataReadsNoFile) {
  Json value = make(kWeb).object.parse();
  value.at("metadata").as_object()["labels"] = base::JsonObject{{"a", "b"}};
  EXPECT_TRUE(update(kStack, "shop", value).warnings.empty());
}

class StackChildTest : public StackTest {
 protected:
  void child_of(const std::string& uid) {
    create(testing::kind_named("ConfigMap"),
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","ownerReferences":[)"
           R"({"apiVersion":"berth.dev/v1","kind":"ComposeStack","name":"shop","controller":true,"uid":")" +
               uid + "\"}]}}");
  }
  void remove_child(const Caller& by) {
    base::run(resources->remove(by, testing::kind_named("ConfigMap"), "default", "c", {}));
  }
};

TEST_F(StackChildTest, IsNotDeletedWhileItsStackLives) {
  child_of(std::string(base::string_at(make(kWeb).object.parse(), "metadata.uid")));
  const base::Status status = testing::refusal([&] { remove_child(user); });
  EXPECT_EQ(status.reason(), base::Reason::Conflict);
  EXPECT_NE(status.message().find("ComposeStack \"shop\""), std::string::npos);
  remove_child(controller_caller("composestack"));
}

TEST_F(StackChildTest, MayBeDeletedOnceItsStackIsGoing) {
  child_of(std::string(base::string_at(make(kWeb).object.parse(), "metadata.uid")));
  base::run(resources->remove(user, kStack, "default", "shop", {}));
  remove_child(user);
}

TEST_F(StackChildTest, MayBeDeletedWhenItIsAnotherStacks) {
  make(kWeb);
  child_of("gone");
  remove_child(user);
}

}  // namespace
}  // namespace berth::resources
