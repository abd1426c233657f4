// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_reconciler.hpp"

#include "reconcilers/stack/stack_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::StackWorld;
using Names = std::vector<std::string>;

constexpr const char* kTwo = R"(
services:
  web: {image: busybox, command: [sleep, "9"], restart: always, volumes: ["data:/data"]}
  db: {image: busybox, command: [sleep, "9"], restart: always}
volumes: {data: {}}
)";

std::string uid_of(StackWorld& world, const std::string& kind, const std::string& name) {
  return std::string(base::string_at(world.get(name, kind), "metadata.uid"));
}

TEST(StackReconciler, MakesWhatTheFileStandsFor) {
  StackWorld world;
  world.create_stack(kTwo);
  world.pass_stack();
  EXPECT_EQ(world.names("Container"), (Names{"shop-db-1", "shop-web-1"}));
  ASSERT_EQ(world.names("Volume").size(), 1U);
  ASSERT_EQ(world.names("Network").size(), 1U);
  const Json web = world.get("shop-web-1");
  const Json& owner = base::find_path(web, "metadata.ownerReferences")->as_array().at(0);
  EXPECT_EQ(base::string_at(owner, "uid"), uid_of(world, "ComposeStack", "shop"));
  EXPECT_TRUE(base::bool_at(owner, "controller"));
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False Progressing");
  EXPECT_EQ(world.said("ComposeStack", "shop", "Stalled"), "False NotStalled");
}

TEST(StackReconciler, IsReadyOnceEverythingInItIs) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
  EXPECT_EQ(world.engine.running().size(), 2U);
  const schemas::ComposeStackStatus status = world.stack_status();
  ASSERT_EQ(status.services.size(), 2U);
  EXPECT_EQ(status.services[1].name, "web");
  EXPECT_EQ(status.services[1].image, "busybox");
  EXPECT_EQ(status.services[1].desired, 1);
  EXPECT_EQ(status.services[1].ready, 1);
  EXPECT_EQ(status.services[1].containers, Names{"shop-web-1"});
}

constexpr const char* kWithConfig = R"(
services:
  web: {image: busybox, command: [sleep, "9"], restart: always, configs: [{source: page, target: /page}]}
configs: {page: {content: PAGE}}
)";

std::string with_page(const std::string& content) {
  std::string text = kWithConfig;
  return text.replace(text.find("PAGE"), 4, content);
}

// A Container's generation does not move when what it mounts has other contents.
TEST(StackReconciler, IsNotReadyWhileAContainerHasYetToReadItsConfig) {
  StackWorld world;
  world.create_stack(with_page("one"));
  world.settle_stack();
  ASSERT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
  const std::int64_t generation = base::int_at(world.get("shop-web-1"), "metadata.generation");
  world.change_stack(with_page("two"));
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False Progressing");
  EXPECT_EQ(base::int_at(world.get("shop-web-1"), "metadata.generation"), generation);
  world.stacks.reset();
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False Progressing");
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
}

TEST(StackReconciler, AConfigThatIsOnlyLabelledChangesNothing) {
  StackWorld world;
  world.create_stack(with_page("one"));
  world.settle_stack();
  world.patch(world.names("ConfigMap").at(0), R"({"metadata":{"annotations":{"n":"1"}}})", "ConfigMap");
  const store::Revision revision = world.resources->revision();
  world.pass_stack();
  EXPECT_FALSE(world.settle("shop-web-1"));
  EXPECT_EQ(world.resources->revision(), revision);
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
}

// What is about to be made otherwise holds nobody up any more.
TEST(StackReconciler, WhatWasUnhealthyIsNoFailureOfTheFileThatMendsIt) {
  const auto with_check = [](const char* check) {
    return std::string(
               "services:\n  web: {image: busybox, depends_on: {db: {condition: service_healthy}}}\n"
               "  db: {image: busybox, restart: always, healthcheck: {test: [CMD, ") +
           check + "]}}\n";
  };
  StackWorld world;
  world.create_stack(with_check("a"));
  world.settle_stack();
  world.engine.set_health("shop-db-1", "unhealthy");
  world.settle_stack();
  ASSERT_EQ(world.said("ComposeStack", "shop", "Stalled"), "True ChildStalled");
  world.change_stack(with_check("b"));
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Stalled"), "False NotStalled");
}

TEST(StackReconciler, ASettledPassWritesNothing) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  const std::uint64_t calls = world.engine.total();
  const store::Revision revision = world.resources->revision();
  world.pass_stack();
  world.stacks.reset();  // and what the last one remembered is not needed for it
  world.pass_stack();
  EXPECT_EQ(world.engine.total(), calls);
  EXPECT_EQ(world.resources->revision(), revision);
}

TEST(StackReconciler, ComposesOwnToolsFindItsContainers) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.refresh();
  const auto entry = world.engines->find("local");
  const auto found = entry->state().snapshot->containers_with({{"com.docker.compose.project", "shop"},
                                                               {"com.docker.compose.service", "web"},
                                                               {"com.docker.compose.oneoff", "False"},
                                                               {"com.docker.compose.container-number", "1"}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]->labels.at("com.docker.compose.config-hash"), found[0]->labels.at("berth.dev/spec-hash"));
}

TEST(StackReconciler, AChangeTouchesTheServiceThatChanged) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  const auto version = [&](const char* name) {
    return std::string(base::string_at(world.get(name), "metadata.resourceVersion"));
  };
  const std::string db = version("shop-db-1");
  const std::string web = version("shop-web-1");
  std::string text = kTwo;
  text.replace(text.find("sleep, \"9\""), 10, "sleep, \"8\"");
  world.change_stack(text);
  world.pass_stack();
  EXPECT_EQ(version("shop-db-1"), db);
  EXPECT_NE(version("shop-web-1"), web);
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
}

TEST(StackReconciler, ACommentMoreAppliesNoChildAndWakesNone) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.woken.clear();
  const base::Counter unchanged =
      world.metrics.counter("berth_resources_unchanged_total", "Writes that changed nothing.", {{"kind", "Container"}});
  const auto before = unchanged.value();
  world.change_stack(std::string(kTwo) + "\n# more\n");
  world.pass_stack();
  EXPECT_EQ(unchanged.value(), before);
  EXPECT_TRUE(world.woken.empty());
  EXPECT_EQ(world.stack_status().observed_generation, 2);
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
  world.patch("shop-web-1", R"({"spec":{"args":["sleep","7"]}})");
  world.change_stack(std::string(kTwo) + "\n# and more\n");
  world.pass_stack();
  EXPECT_EQ(world.get("shop-web-1").at("spec").at("args").at(1).as_string(), "9") << "it was not as it was applied";
}

TEST(StackReconciler, AChildsLabelsComeBack) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.patch("shop-web-1", R"({"metadata":{"labels":{"com.docker.compose.project":null}}})");
  world.pass_stack();
  EXPECT_EQ(world.get("shop-web-1").at("metadata").at("labels").at("com.docker.compose.project").as_string(), "shop");
}

TEST(StackReconciler, WhatLeavesTheFileGoes) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.change_stack("services: {db: {image: busybox, command: [sleep, \"9\"], restart: always}}");
  world.settle_stack();
  EXPECT_EQ(world.names("Container"), Names{"shop-db-1"});
  EXPECT_TRUE(world.names("Volume").empty());
  EXPECT_EQ(world.engine.running().size(), 1U);
}

TEST(StackReconciler, UndoesWhatSomebodyChangesInAChildAndLeavesTheRest) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.patch("shop-web-1", R"({"spec":{"image":"other","desiredState":"Stopped"}})");
  world.pass_stack();
  const Json web = world.get("shop-web-1");
  EXPECT_EQ(base::string_at(web, "spec.image"), "busybox");
  EXPECT_EQ(base::string_at(web, "spec.desiredState"), "Stopped") << "a human's Stop stands";
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
  EXPECT_EQ(world.engine.running().size(), 1U);
}

TEST(StackReconciler, NeverTakesWhatIsNotItsOwn) {
  StackWorld world;
  world.create("shop-web-1");
  world.create_stack(kTwo);
  const testing::Requeue again = world.pass_stack();
  EXPECT_TRUE(again.delay()) << "nobody says when the name is free";
  EXPECT_EQ(world.said("ComposeStack", "shop", "Stalled"), "True NameConflict");
  EXPECT_NE(world.words("ComposeStack", "shop", "Stalled").find("Container shop-web-1"), std::string::npos);
  EXPECT_EQ(base::find_path(world.get("shop-web-1"), "metadata.ownerReferences"), nullptr);
  EXPECT_EQ(world.names("Container"), (Names{"shop-db-1", "shop-web-1"})) << "the rest goes on";
}

TEST(StackReconciler, TwoStacksOfOneProjectDoNotFight) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.create_stack("name: shop\n" + std::string(kTwo), "", "other");
  world.pass_stack("other");
  EXPECT_EQ(world.said("ComposeStack", "other", "Stalled"), "True NameConflict");
  EXPECT_NE(world.words("ComposeStack", "other", "Ready").find("belongs to ComposeStack shop"), std::string::npos);
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
}

TEST(StackReconciler, WaitsForWhatItRefersTo) {
  StackWorld world;
  world.create_stack("services: {web: {image: \"busybox:${TAG}\"}}",
                     R"("env":[{"name":"TAG","valueFrom":{"configMapKeyRef":{"name":"versions","key":"tag"}}}],)");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "ReferencesResolved"), "False Missing");
  EXPECT_TRUE(world.names("Container").empty());
  world.create_object(
      "ConfigMap", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"versions"},"data":{"tag":"latest"}})");
  world.pass_stack();
  EXPECT_EQ(base::string_at(world.get("shop-web-1"), "spec.image"), "busybox:latest");
}

TEST(StackReconciler, ASecretsValueIsInItsOwnSecretOnly) {
  StackWorld world;
  world.create_object("Secret",
                      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"p":"hunter2"}})");
  world.create_stack("services: {web: {image: busybox, environment: {P: \"a-${P}\"}}}",
                     R"("env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"s","key":"p"}}}],)");
  world.pass_stack();
  EXPECT_EQ(base::string_at(world.get("shop-env", "Secret"), "data.web.P"), "");  // the key has a dot
  const Json secret = world.get("shop-env", "Secret");
  EXPECT_EQ(base::find_path(secret, "data")->as_object().at("web.P").as_string(), "YS1odW50ZXIy");
  EXPECT_EQ(base::to_canonical(world.get("shop-web-1")).find("hunter2"), std::string::npos);
  EXPECT_EQ(base::to_canonical(world.get("shop", "ComposeStack")).find("hunter2"), std::string::npos);
  EXPECT_EQ(world.audit_text().find("hunter2"), std::string::npos);
  // A child that somebody changed is made right again, though the value was not kept.
  world.patch("shop-env", R"({"data":{"web.P":"eA=="}})", "Secret");
  world.pass_stack();
  const Json again = world.get("shop-env", "Secret");
  EXPECT_EQ(base::find_path(again, "data")->as_object().at("web.P").as_string(), "YS1odW50ZXIy");
}

TEST(StackReconciler, WarnsOfWhatIsLeftOutAndOfStrangers) {
  StackWorld world;
  world.create("stranger", R"({"labels":{"com.docker.compose.project":"shop"}})");
  world.settle("stranger");
  world.create_stack("services: {web: {image: busybox, cpu_shares: 5}}");
  world.pass_stack();
  const auto warnings = world.stack_status().warnings;
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].path, "services.web.cpu_shares");
  EXPECT_NE(warnings[1].message.find("container stranger"), std::string::npos);
}

TEST(StackReconciler, WhatTheNamespaceForbidsIsSaidAndTheRestGoesOn) {
  StackWorld world;
  world.patch("default", R"({"metadata":{"labels":{"berth.dev/enforce":"baseline"}}})", "Namespace");
  world.create_stack("services: {a: {image: busybox, privileged: true}, b: {image: busybox}}");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Stalled"), "True Refused");
  EXPECT_NE(world.words("ComposeStack", "shop", "Ready").find("shop-a-1"), std::string::npos);
  EXPECT_EQ(world.names("Container"), Names{"shop-b-1"});
}

TEST(StackReconciler, StopsAndStartsAsAWhole) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.woken.clear();
  world.patch("shop", R"({"spec":{"desiredState":"Stopped"}})", "ComposeStack");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False Progressing") << "not before they have stopped";
  EXPECT_EQ(world.woken.size(), 2U);
  world.settle_stack();
  EXPECT_TRUE(world.engine.running().empty());
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Stopped");
  EXPECT_EQ(base::string_at(world.get("shop-web-1"), "spec.desiredState"), "Running") << "children never carry it";
  world.patch("shop", R"({"spec":{"desiredState":"Running"}})", "ComposeStack");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False Progressing");
  world.settle_stack();
  EXPECT_EQ(world.engine.running().size(), 2U);
}

TEST(StackReconciler, AStopIsHeardThoughTheFileCannotBeRead) {
  StackWorld world;
  world.create_object("ConfigMap",
                      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"grace":"1s"}})");
  world.create_stack(
      "services: {web: {image: busybox, restart: always, network_mode: bridge, stop_grace_period: \"${GRACE}\"}}",
      R"("env":[{"name":"GRACE","valueFrom":{"configMapKeyRef":{"name":"c","key":"grace"}}}],)");
  world.settle_stack();
  ASSERT_EQ(world.engine.running().size(), 1U);
  world.remove("c", "ConfigMap");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False ReferencesMissing");
  world.woken.clear();
  world.patch("shop", R"({"spec":{"desiredState":"Stopped"}})", "ComposeStack");
  world.pass_stack();
  EXPECT_EQ(world.woken, (std::vector<controller::Key>{{"default", "shop-web-1"}}));
  world.pass_stack();
  EXPECT_EQ(world.woken.size(), 1U) << "they have heard of it";
  world.settle("shop-web-1");
  EXPECT_TRUE(world.engine.running().empty());
  world.create_object("ConfigMap",
                      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"grace":"soon"}})");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Stalled"), "True Invalid");
  world.woken.clear();
  world.patch("shop", R"({"spec":{"desiredState":"Running"}})", "ComposeStack");
  world.pass_stack();
  EXPECT_EQ(world.woken, (std::vector<controller::Key>{{"default", "shop-web-1"}}));
}

TEST(StackReconciler, WhatStartsAgainWaitsForWhatStartsAgain) {
  StackWorld world;
  world.create_stack(
      "services: {web: {image: busybox, restart: always, depends_on: [db]}, db: {image: busybox, restart: always}}");
  world.settle_stack();
  world.patch("shop", R"({"spec":{"desiredState":"Stopped"}})", "ComposeStack");
  world.settle_stack();
  EXPECT_TRUE(world.engine.running().empty());
  world.patch("shop", R"({"spec":{"desiredState":"Running"}})", "ComposeStack");
  world.pass("shop-web-1");  // first: what it waits for still says that it is stopped
  EXPECT_EQ(world.said("Container", "shop-web-1", "Ready"), "False WaitingForDependencies");
  EXPECT_EQ(world.said("Container", "shop-web-1", "Stalled").substr(0, 5), "False");
  world.settle_stack();
  EXPECT_EQ(world.engine.running().size(), 2U);
}

TEST(StackReconciler, SuspendedItOnlyLooks) {
  StackWorld world;
  world.create_stack(kTwo, R"("suspend":true,)");
  world.pass_stack();
  EXPECT_TRUE(world.names("Container").empty());
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "False Suspended");
  EXPECT_EQ(world.said("ComposeStack", "shop", "Reconciling"), "False Settled");
}

TEST(StackReconciler, EndsWhenItsObjectsHaveAndKeepsTheData) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  world.remove("shop", "ComposeStack");
  world.settle_stack();
  EXPECT_TRUE(world.names("ComposeStack").empty());
  EXPECT_TRUE(world.names("Container").empty());
  EXPECT_TRUE(world.names("Network").empty());
  EXPECT_TRUE(world.names("Volume").empty());
  EXPECT_TRUE(world.engine.running().empty());
  world.refresh();
  EXPECT_EQ(world.engines->find("local")->state().snapshot->volumes.size(), 1U) << "its data is left";
}

TEST(StackReconciler, TakesBackWhatItLetGoOf) {
  StackWorld world;
  world.create_stack(kTwo);
  world.settle_stack();
  const std::string volume = world.names("Volume").at(0);
  const std::string before = uid_of(world, "Volume", volume);
  world.patch(volume, R"({"metadata":{"ownerReferences":null}})", "Volume");
  world.pass_stack();
  EXPECT_EQ(uid_of(world, "Volume", volume), before);
  EXPECT_NE(base::find_path(world.get(volume, "Volume"), "metadata.ownerReferences"), nullptr);
}

TEST(StackReconciler, TakesARunningProjectOverWhenAsked) {
  StackWorld world;
  const std::string compose = "services: {web: {image: busybox, network_mode: bridge, restart: always}}";
  for (const char* name : {"shop-web-1", "other-web-1"}) {
    const std::string project(name, std::string_view(name).find('-'));
    world.engine.run(name, base::parse_json(R"({"Image":"busybox","Labels":{"com.docker.compose.project":")" + project +
                                            R"("},"HostConfig":{"RestartPolicy":{"Name":"always"}}})"));
  }
  world.engine.reset_counters();
  world.refresh();
  world.create_stack(compose);
  world.patch("shop", R"({"metadata":{"annotations":{"berth.dev/adopt":"project"}}})", "ComposeStack");
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running")
      << world.words("ComposeStack", "shop", "Ready");
  EXPECT_EQ(world.status("shop-web-1").adopted, base::string_at(world.engine.inspect("shop-web-1"), "Id"));
  EXPECT_EQ(world.engine.writes(), 0U);
  EXPECT_TRUE(world.stack_status().warnings.empty()) << "what was taken over is no stranger";
}

TEST(StackReconciler, TakesNothingOverUnasked) {
  StackWorld world;
  world.engine.run("shop-web-1",
                   base::parse_json(R"({"Image":"busybox","Labels":{"com.docker.compose.project":"shop"}})"));
  world.engine.reset_counters();
  world.refresh();
  world.create_stack("services: {web: {image: busybox, network_mode: bridge}}");
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Stalled"), "True ChildStalled");
  EXPECT_EQ(world.engine.writes(), 0U);
  EXPECT_EQ(world.stack_status().warnings.size(), 1U);
}

TEST(StackReconciler, AHostThatWasNeverReachedIsWaitedFor) {
  StackWorld world;
  world.create_object("Host",
                      R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"far"},"spec":{"local":{}}})");
  world.create_object("ComposeStack",
                      R"({"apiVersion":"berth.dev/v1","kind":"ComposeStack","metadata":{"name":"shop"},)"
                      R"("spec":{"host":"far","compose":"services: {a: {image: x}}"}})");
  world.pass_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "Unknown HostUnreachable");
  EXPECT_TRUE(world.names("Container").empty());
}

TEST(StackReconciler, AChangeOfAChildWakesItsStack) {
  StackWorld world;
  world.create_stack(kTwo);
  world.pass_stack();
  const auto change = [&](const char* name) {
    return resources::ObjectChange{{&testing::kind_named("Container"), "default", name},
                                   resources::ObjectChange::Type::Put,
                                   world.resources->get(testing::kind_named("Container"), "default", name),
                                   {}};
  };
  EXPECT_EQ(StackReconciler::concerned(change("shop-web-1")), (controller::Key{"default", "shop"}));
  world.create("alone");
  EXPECT_FALSE(StackReconciler::concerned(change("alone")));
}

}  // namespace
}  // namespace berth::reconcilers
