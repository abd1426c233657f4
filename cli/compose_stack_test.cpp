// SPDX-License-Identifier: Apache-2.0
#include "cli/compose_stack.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "cli/compose.hpp"
#include "cli/plan.hpp"

namespace berth::cli {
namespace {

ComposeFiles files_of(const std::string& compose, const std::string& env = "") {
  ComposeFiles files;
  files.folder = "/home/ada/My Shop";
  files.shown = "docker-compose.yml";
  files.contents["compose.yaml"] = compose;
  if (!env.empty()) files.contents[".env"] = env;
  return files;
}

StackNames names(const std::string& compose, const std::string& env = "", const std::string& given = "",
                 const std::string& ns = "default") {
  ComposeFlags flags;
  flags.project = given;
  return names_of(flags, ns, files_of(compose, env));
}

base::Status refusal(std::vector<base::Cause> causes) {
  base::Details details;
  details.causes = std::move(causes);
  return {base::Reason::Invalid, "ComposeStack is invalid", details};
}

TEST(ComposeStack, IsNamedAsComposeNamesIt) {
  EXPECT_EQ(names("services: {}").project, "myshop");
  EXPECT_EQ(names("name: ${A:-shop}\n").project, "shop");
  EXPECT_EQ(names("name: ${A}\n", "A=fromfile\n").project, "fromfile");
  EXPECT_EQ(names("name: a\n", "COMPOSE_PROJECT_NAME=b\n").project, "b");
  EXPECT_EQ(names("name: a\n", "COMPOSE_PROJECT_NAME=b\n", "c").project, "c");
  EXPECT_THROW(names("", "", "My Shop"), base::Status);
}

TEST(ComposeStack, ItsObjectHasANameThatObjectsMayHave) {
  EXPECT_EQ(names("", "", "shop").object, "shop");
  const StackNames odd = names("", "", "my_shop");
  EXPECT_EQ(odd.project, "my_shop");
  EXPECT_TRUE(odd.object.starts_with("my-shop-")) << odd.object;
  EXPECT_EQ(names("services: {}", "", "", "team").project, "team_myshop");
  EXPECT_EQ(names("services: {}", "", "", "team").object, "myshop");
}

TEST(ComposeStack, VariablesAreGivenOrOfTheShell) {
  ComposeFlags flags;
  flags.env = {"A=1=2", "B="};
  EXPECT_EQ(variables_of(flags), (compose::Environment{{"A", "1=2"}, {"B", ""}}));
  flags.env = {"BERTH_TEST_NOBODY_SETS_THIS"};
  EXPECT_THROW(variables_of(flags), base::Status);
  flags.env = {"=1"};
  EXPECT_THROW(variables_of(flags), base::Status);
}

TEST(ComposeStack, ProfilesAreThoseOfTheCommandLineElseOfTheFile) {
  ComposeFlags flags;
  const ComposeFiles files = files_of("", "COMPOSE_PROFILES=a,,b\n");
  EXPECT_EQ(profiles_of(flags, files), (std::vector<std::string>{"a", "b"}));
  flags.profiles = {"c"};
  EXPECT_EQ(profiles_of(flags, files), (std::vector<std::string>{"c"}));
}

TEST(ComposeStack, TheManifestHasTheFilesAsTheyAre) {
  Resource kind;
  kind.group = "berth.dev";
  kind.version = "v1";
  kind.kind = "ComposeStack";
  ComposeFiles files = files_of("services: {} # kept\n", "A=1\r\n");
  const Json made = stack_manifest({&kind, "team", "shop"}, files, base::JsonObject{{"host", "local"}});
  EXPECT_EQ(
      base::to_canonical(made),
      R"({"apiVersion":"berth.dev/v1","kind":"ComposeStack","metadata":{"name":"shop","namespace":"team"},)"
      R"("spec":{"compose":"services: {} # kept\n","files":[{"content":"A=1\r\n","path":".env"}],"host":"local"}})");
}

TEST(ComposeStack, RefusalsNameTheFileAsItIsCalledHere) {
  ComposeFiles files = files_of("");
  const auto text = [&files](std::vector<base::Cause> causes) {
    return stack_error(refusal(std::move(causes)), files).message();
  };
  EXPECT_EQ(text({{"", "Invalid value: services.web.uts: not supported", "spec.compose"}}),
            "docker-compose.yml: services.web.uts: not supported");
  EXPECT_EQ(text({{"", "Invalid value: compose.yaml: line 2, column 1: broken", "spec.compose"},
                  {"", "Required value", "spec.host"}}),
            "docker-compose.yml: line 2, column 1: broken\n  spec.host: Required value");
  files.outside = {"/home/ada/common.env"};
  EXPECT_NE(text({{"", "Invalid value: a", "spec.compose"}}).find("/home/ada/common.env is not below"),
            std::string::npos);
  const base::Status forbidden(base::Reason::Forbidden, "may not");
  EXPECT_EQ(stack_error(forbidden, files).reason(), base::Reason::Forbidden);
}

TEST(ComposeStack, ServicesAreShownWithNamesOfVariablesAndNoValues) {
  const Json model = base::parse_json(R"({"name": "shop", "services": {
    "db": {"image": "db:1", "environment": {"PASSWORD": "canary", "USER": null}, "restart": "always",
           "volumes": [{"type": "volume", "source": "data", "target": "/data", "read_only": true},
                       {"type": "tmpfs", "target": "/tmp"}, {"type": "volume", "target": "/anonymous"}]},
    "web": {"ports": [{"target": 80, "published": "8080", "protocol": "tcp", "host_ip": "127.0.0.1"},
                      {"target": 53, "protocol": "udp"}]}}})");
  EXPECT_EQ(service_cards(model),
            "service db\n"
            "  image     db:1\n"
            "  volumes   data:/data:ro, tmpfs:/tmp, /anonymous\n"
            "  env       PASSWORD, USER\n"
            "  restart   always\n"
            "service web\n"
            "  image     none: the service is skipped\n"
            "  ports     127.0.0.1:8080:80/tcp, 53/udp\n"
            "  restart   no\n");
}

TEST(ComposeStack, WhatIsPrintedAsAFileReadsAsItself) {
  const Json model = base::parse_json(R"({"name": "shop", "services": {"a": {"command": ["echo", "$HOME"]}}})");
  EXPECT_EQ(config_text(model, ""), "name: shop\nservices:\n  a:\n    command:\n    - echo\n    - $$HOME\n");
  EXPECT_NE(config_text(model, "json").find("\"$$HOME\""), std::string::npos);
  const Json keyed = base::parse_json(R"({"name": "shop", "services": {"a": {"labels": {"a$b": "c$d"}}}})");
  EXPECT_EQ(config_text(keyed, ""), "name: shop\nservices:\n  a:\n    labels:\n      a$b: c$$d\n");
}

TEST(ComposeStack, RefusalsOfOtherFilesNameThose) {
  ComposeFiles files = files_of("", "A=1");
  files.called = {{"compose.override.yaml", "../over.yaml"}, {".env", "test.env"}};
  files.contents["compose.override.yaml"] = "";
  files.contents["more/db.yaml"] = "";
  const auto text = [&files](std::vector<base::Cause> causes) {
    return stack_error(refusal(std::move(causes)), files).message();
  };
  EXPECT_EQ(text({{"", "Invalid value: compose.override.yaml: line 2, column 1: broken", "spec.files[0].content"}}),
            "../over.yaml: line 2, column 1: broken");
  EXPECT_EQ(text({{"", "Invalid value: services.a: odd", "spec.compose"},
                  {"", "Invalid value: more/db.yaml: services.db: odd", "spec.files[1].content"}}),
            "docker-compose.yml: services.a: odd\n  /home/ada/My Shop/more/db.yaml: services.db: odd");
  // As it is read here, without a server.
  EXPECT_EQ(
      stack_error(base::bad_request("/home/ada/My Shop/compose.override.yaml: line 3, column 1: odd"), files).message(),
      "../over.yaml: line 3, column 1: odd");
  EXPECT_EQ(stack_error(base::bad_request(".env: line 1: odd"), files).message(), "test.env: line 1: odd");
  EXPECT_EQ(text({{"", "Too long: may not be more than 1048576 bytes", "spec.files[0].content"}}),
            "docker-compose.yml: spec.files[0].content: Too long: may not be more than 1048576 bytes");
}

Json stack_of(int web, int db) {
  return base::parse_json(
      R"({"metadata": {"uid": "u1"}, "status": {"services": [
           {"name": "db", "desired": 1, "containers": ["shop-db-1"], "ready": )" +
      std::to_string(db) + R"(}, {"name": "web", "desired": 2, "containers": ["shop-web-1", "shop-web-2"], "ready": )" +
      std::to_string(web) + "}]}}");
}

TEST(ComposeStack, AServiceHasACountAndWhatItsContainersWaitFor) {
  using States = std::map<std::string, ServiceState>;
  EXPECT_EQ(service_states(stack_of(0, 1), ""), (States{{"db", {"1/1 ready", ""}}, {"web", {"0/2 ready", ""}}}));
  const auto told = [](const std::string& reason) { return service_states(stack_of(0, 0), reason).at("web").told; };
  EXPECT_EQ(told("Progressing: Container shop-web-1: waits for Container \"shop-db-1\" to be healthy: its healthcheck"),
            "waits for Container \"shop-db-1\" to be healthy");
  EXPECT_EQ(told("Progressing: Container shop-web-2: image web:1 is pulled: 3 of 7 layers"), "image web:1 is pulled");
  EXPECT_EQ(told("Progressing: Container shop-web-2: exited with code 1; the engine starts it again"),
            "exited with code 1; the engine starts it again");
  EXPECT_EQ(told("Progressing: Container shop-db-1: exited with code 1"), "");
}

TEST(ComposeStack, TheNextStepsOfBerthAreNotTold) {
  for (const char* step : {"the container is made", "start shop-web-1", "pin shop-web-1 to sha256:1", "Pending",
                           "Running", "Stopped", "waiting for its controller", "the container is replaced",
                           "spec.networks[0].networkRef: networks.berth.dev \"shop-default\" not found"}) {
    EXPECT_EQ(service_states(stack_of(0, 0), std::string("Progressing: Container shop-web-1: ") + step).at("web").told,
              "")
        << step;
  }
}

TEST(ComposeStack, WhatEachWaitsForIsAPart) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(waiting_parts("Progressing: Container a: is made; Network b: Pending"),
            (Parts{"Container a: is made", "Network b: Pending"}));
  EXPECT_EQ(waiting_parts("Container a: exited; the engine starts it again; and 3 more"),
            Parts{"Container a: exited; the engine starts it again; and 3 more"});
  EXPECT_EQ(waiting_parts("HostUnreachable: gone"), Parts{"HostUnreachable: gone"});
  EXPECT_EQ(waiting_parts(""), Parts{});
}

base::JsonArray containers() {
  const auto container = [](const std::string& service, const std::string& state, const std::string& needs) {
    return base::parse_json(R"({"metadata": {"name": "shop-)" + service + R"(-1",
      "ownerReferences": [{"controller": true, "uid": "u1"}], "labels": {"com.docker.compose.service": ")" +
                            service + R"("}}, "spec": {"desiredState": ")" + state + R"(", "dependsOn": [)" + needs +
                            "]}}");
  };
  return {container("db", "Stopped", ""), container("web", "Running", R"({"containerRef": {"name": "shop-db-1"}})"),
          container("other", "Paused", "")};
}

TEST(ComposeStack, AServiceThatItHasNotIsNamedWithThoseThatItHas) {
  EXPECT_EQ(pick_services(stack_of(0, 0), containers(), {}).size(), 3u);
  EXPECT_EQ(service_of(pick_services(stack_of(0, 0), containers(), {"web"}).at(0)), "web");
  try {
    pick_services(stack_of(0, 0), containers(), {"web", "nosuch"});
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(), "no such service: nosuch; the stack has db, other, web");
  }
}

TEST(ComposeStack, AContainerThatOnlyBearsItsLabelsIsNotPicked) {
  base::JsonArray all = containers();
  all[1].at("metadata").as_object()["ownerReferences"] = base::JsonArray{{{"controller", true}, {"uid", "u2"}}};
  all[2].at("metadata").as_object().erase("ownerReferences");
  const std::vector<Json> picked = pick_services(stack_of(0, 0), all, {});
  ASSERT_EQ(picked.size(), 1u);
  EXPECT_EQ(service_of(picked.front()), "db");
  EXPECT_THROW(pick_services(stack_of(0, 0), all, {"web"}), base::Status);
}

TEST(ComposeStack, KeepsTheServicesThatItsFileStillHas) {
  using Names = std::vector<std::string>;
  compose::Model model;
  model.json = base::parse_json(R"({"services": {"a": {}}})");
  model.disabled["b"] = base::JsonObject{};
  const auto beside = [&model](const char* live, const Names& asked) {
    return services_beside(base::parse_json(live), asked, model);
  };
  EXPECT_EQ(beside(R"({"spec": {"services": ["left", "b"]}})", {"a"}), (Names{"b", "a"}));
  EXPECT_EQ(beside(R"({"spec": {"services": ["a", "left"]}})", {"a"}), Names{"a"});
  EXPECT_EQ(beside(R"({"spec": {}})", {"a"}), Names{}) << "one of all stays one of all";
}

// One of a service, whose fields this manager has set by this operation.
DeclaredStack pushed(const std::string& manager, const std::string& operation) {
  static Resource kind;
  kind.group = "berth.dev";
  kind.version = "v1";
  kind.kind = "ComposeStack";
  Json live = base::parse_json(R"({"metadata": {"resourceVersion": "7", "managedFields": [{
    "fieldsV1": {"f:spec": {"f:services": {}, "f:env": {}, "f:hostDir": {}, "f:profiles": {}}}}]},
    "spec": {"host": "far", "project": "shop", "services": ["a", "left"], "env": [{"name": "A", "value": "1"}],
             "hostDir": "/srv", "profiles": ["p"]}})");
  Json& entry = live.at("metadata").at("managedFields").as_array().front();
  entry.as_object()["manager"] = manager;
  entry.as_object()["operation"] = operation;
  const ComposeFiles files = files_of("services: {a: {image: a}, b: {image: b}}\n");
  return declare_again({&kind, "default", "shop"}, files, std::move(live));
}

TEST(ComposeStack, APushKeepsWhatTheApplyOrTheCreateBeforeItHasSet) {
  for (const char* operation : {"Apply", "Update"}) {
    const DeclaredStack stack = pushed("berth-compose", operation);
    Json spec = stack.wanted.at("spec");
    spec.as_object().erase("compose");
    EXPECT_EQ(base::to_canonical(spec), R"({"env":[{"name":"A","value":"1"}],"host":"far","hostDir":"/srv",)"
                                        R"("profiles":["p"],"project":"shop","services":["a"]})")
        << operation;
    EXPECT_EQ(stack.gone, std::vector<std::string>{"left"});
  }
  const DeclaredStack others = pushed("kubectl-edit", "Update");
  EXPECT_EQ(others.wanted.at("spec").as_object().size(), 3u);
}

TEST(ComposeStack, APushOfSomeServicesIsOnlyOfTheStackThatWasRead) {
  EXPECT_EQ(base::string_at(pushed("berth-compose", "Apply").wanted, "metadata.resourceVersion"), "7");
  EXPECT_EQ(base::find_path(pushed("kubectl-edit", "Update").wanted, "metadata.resourceVersion"), nullptr);
}

TEST(ComposeStack, WhatWasStoppedAloneIsStartedWithWhatAsksForIt) {
  using Names = std::vector<std::string>;
  const base::JsonArray all = containers();
  const std::vector<Json> list(all.begin(), all.end());
  EXPECT_EQ(stopped_alone(list, {}), (Names{"shop-db-1", "shop-other-1"}));
  EXPECT_EQ(stopped_alone(list, {"web"}), Names{"shop-db-1"});
  EXPECT_EQ(stopped_alone(list, {"other"}), Names{"shop-other-1"});
  EXPECT_EQ(stopped_alone(list, {"new"}), Names{});
}

TEST(ComposeStack, WhatIsDependedOnIsStartedFirst) {
  base::JsonArray all = containers();
  for (Json& container : all) container.at("spec").as_object()["desiredState"] = "Stopped";
  for (Json& container : all) {
    if (service_of(container) == "db") container.at("metadata").as_object()["name"] = "shop-zdb-1";
    if (service_of(container) != "web") continue;
    container.at("spec").as_object()["dependsOn"] = base::JsonArray{{{"containerRef", {{"name", "shop-zdb-1"}}}}};
  }
  const std::vector<std::string> order = stopped_alone({all.begin(), all.end()}, {"web"});
  EXPECT_EQ(order, (std::vector<std::string>{"shop-zdb-1", "shop-web-1"}));
}

TEST(ComposeStack, ItsVolumesAreThoseThatItOwnsAndMade) {
  const Json volumes = base::parse_json(R"([
    {"metadata": {"name": "a", "ownerReferences": [{"controller": true, "uid": "u1"}]}, "status": {}},
    {"metadata": {"name": "b", "ownerReferences": [{"controller": true, "uid": "u1"}]}, "status": {"external": true}},
    {"metadata": {"name": "c", "ownerReferences": [{"controller": true, "uid": "u2"}]}},
    {"metadata": {"name": "d"}}])");
  const StackVolumes found = volumes_of(stack_of(0, 0), volumes.as_array());
  ASSERT_EQ(found.going.size(), 1u);
  EXPECT_EQ(base::string_at(found.going.front(), "metadata.name"), "a");
  EXPECT_EQ(found.kept, std::vector<std::string>{"b"});
}

TEST(ComposeStack, StrangersAreThoseThatNobodyManages) {
  const Json all = base::parse_json(R"([
    {"containerName": "b", "metadata": {"labels": {"com.docker.compose.oneoff": "False"}}},
    {"containerName": "a", "metadata": {}},
    {"containerName": "once", "metadata": {"labels": {"com.docker.compose.oneoff": "True"}}},
    {"containerName": "ours", "metadata": {}, "managed": "Container default/ours"},
    {"containerName": "far", "metadata": {"labels": {"berth.dev/instance": "another"}}}])");
  EXPECT_EQ(strangers_among(all.as_array()), (std::vector<std::string>{"a", "b"}));
}

TEST(Plan, SomethingIsAChangeOrARefusal) {
  const auto something = [](const char* text) { return plans_something(base::parse_json(text)); };
  EXPECT_FALSE(something(R"({"changes": [], "refused": [], "warnings": [{"message": "odd"}]})"));
  EXPECT_TRUE(something(R"({"changes": [{"action": "create"}], "refused": []})"));
  EXPECT_TRUE(something(R"({"changes": [], "refused": ["taken"]})"));
  EXPECT_TRUE(something(R"({"changes": [], "steps": [], "createdFirst": ["Secret db"]})"));
}

}  // namespace
}  // namespace berth::cli
