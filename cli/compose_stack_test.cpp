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

TEST(ComposeStack, AServiceIsALineWhenItsCountChanges) {
  const auto stack = [](int web, int db) {
    return base::parse_json(R"({"status": {"services": [{"name": "db", "desired": 1, "ready": )" + std::to_string(db) +
                            R"(}, {"name": "web", "desired": 2, "ready": )" + std::to_string(web) + "}]}}");
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(service_lines(Json(), stack(0, 0)), (Lines{"service db: 0/1 ready", "service web: 0/2 ready"}));
  EXPECT_EQ(service_lines(stack(0, 0), stack(1, 0)), (Lines{"service web: 1/2 ready"}));
  EXPECT_EQ(service_lines(stack(1, 0), stack(1, 0)), Lines{});
}

TEST(ComposeStack, WhatEachWaitsForIsALine) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(waiting_parts("Progressing: Container a: is made; Network b: Pending"),
            (Lines{"Container a: is made", "Network b: Pending"}));
  EXPECT_EQ(waiting_parts("HostUnreachable: gone; "), Lines{"HostUnreachable: gone"});
  EXPECT_EQ(waiting_parts(""), Lines{});
}

TEST(Plan, SomethingIsAChangeOrARefusal) {
  const auto something = [](const char* text) { return plans_something(base::parse_json(text)); };
  EXPECT_FALSE(something(R"({"changes": [], "refused": [], "warnings": [{"message": "odd"}]})"));
  EXPECT_TRUE(something(R"({"changes": [{"action": "create"}], "refused": []})"));
  EXPECT_TRUE(something(R"({"changes": [], "refused": ["taken"]})"));
}

}  // namespace
}  // namespace berth::cli
