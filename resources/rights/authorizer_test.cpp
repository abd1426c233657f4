// SPDX-License-Identifier: Apache-2.0
// Decisions over stored roles and bindings, and what is needed to write them.
#include "resources/rights/authorizer.hpp"

#include <sstream>

#include "resources/resources_fixture.hpp"
#include "resources/rights/rule_cover.hpp"

namespace berth::resources {
namespace {

using base::Reason;
using testing::refusal;

class AuthorizerTest : public testing::ResourcesTest {
 protected:
  static Caller caller_named(std::string name, std::vector<std::string> groups = {"system:authenticated"}) {
    Caller caller;
    caller.user = std::move(name);
    caller.groups = std::move(groups);
    return caller;
  }

  // rules: "get,list berth.dev containers,hosts", one a line.
  static Json role_json(const std::string& name, const std::string& rules) {
    base::JsonArray list;
    std::istringstream lines(rules);
    for (std::string verbs, group, resources; lines >> verbs >> group >> resources;) {
      const auto split = [](const std::string& text) {
        base::JsonArray parts;
        std::istringstream in(text);
        for (std::string part; std::getline(in, part, ',');) parts.emplace_back(part == "core" ? "" : part);
        return parts;
      };
      list.push_back(
          base::JsonObject{{"verbs", split(verbs)}, {"apiGroups", split(group)}, {"resources", split(resources)}});
    }
    return base::JsonObject{{"metadata", base::JsonObject{{"name", name}}}, {"rules", std::move(list)}};
  }
  static Json binding_json(const std::string& name, const char* role_kind, const std::string& role, const char* kind,
                           const std::string& subject) {
    base::JsonObject who{{"kind", kind}, {"name", subject}};
    if (std::string_view(kind) == "ServiceAccount") who["namespace"] = "default";
    return base::JsonObject{{"metadata", base::JsonObject{{"name", name}}},
                            {"roleRef", base::JsonObject{{"kind", role_kind}, {"name", role}}},
                            {"subjects", base::JsonArray{who}}};
  }
  Written make(const Caller& by, const char* kind, const Json& object, const std::string& ns = "") {
    return base::run(resources->create(by, testing::kind_named(kind), ns, Body{object, {}}, {}));
  }
  void grant(const std::string& name, const std::string& rules, const std::string& who, const std::string& ns = "") {
    make(user, "ClusterRole", role_json(name, rules));
    make(user, ns.empty() ? "ClusterRoleBinding" : "RoleBinding", binding_json(name, "ClusterRole", name, "User", who),
         ns);
  }
  bool may(const Caller& caller, std::string verb, std::string group, std::string resource, std::string ns) {
    return resources->authorizer().may(
        caller, {std::move(verb), std::move(group), std::move(resource), "", std::move(ns), "", ""});
  }

  const Caller alice = caller_named("alice");
};

TEST_F(AuthorizerTest, DeniesByDefault) {
  EXPECT_FALSE(may(alice, "get", "berth.dev", "containers", "default"));
  EXPECT_TRUE(may(alice, "get", "berth.dev", "hosts", "")) << "whoever is authenticated may view hosts";
  EXPECT_FALSE(may(caller_named("alice", {}), "get", "berth.dev", "hosts", ""));
  EXPECT_TRUE(may(user, "get", "berth.dev", "containers", "default")) << "system:masters";
  EXPECT_TRUE(may(controller, "delete", "", "secrets", "default")) << "Berth's own loop";
  EXPECT_FALSE(may(caller_named("system:controller:container"), "get", "", "secrets", "default")) << "only its name";
}

TEST_F(AuthorizerTest, BindingsReachAsFarAsTheySay) {
  grant("wide", "get berth.dev containers", "alice");
  grant("narrow", "delete berth.dev containers", "alice", "default");
  EXPECT_TRUE(may(alice, "get", "berth.dev", "containers", "default"));
  EXPECT_TRUE(may(alice, "get", "berth.dev", "containers", ""));
  EXPECT_TRUE(may(alice, "delete", "berth.dev", "containers", "default"));
  EXPECT_FALSE(may(alice, "delete", "berth.dev", "containers", "berth-system"));
  EXPECT_FALSE(may(alice, "delete", "berth.dev", "containers", "")) << "across all namespaces";
  const Decision decision =
      resources->authorizer().decide(alice, {"delete", "berth.dev", "containers", "", "default", "", ""});
  EXPECT_EQ(decision.reason,
            "RBAC: allowed by RoleBinding \"narrow/default\" of ClusterRole \"narrow\" to User \"alice\"");
  EXPECT_EQ(resources->authorizer().rules_of(alice, "berth-system").size() + 1,
            resources->authorizer().rules_of(alice, "default").size());
}

TEST_F(AuthorizerTest, GroupsAndServiceAccounts) {
  make(user, "Role", role_json("r", "get core configmaps"), "default");
  make(user, "RoleBinding", binding_json("g", "Role", "r", "Group", "dev"), "default");
  make(user, "RoleBinding", binding_json("s", "Role", "r", "ServiceAccount", "robot"), "default");
  EXPECT_TRUE(may(caller_named("x", {"dev"}), "get", "", "configmaps", "default"));
  EXPECT_FALSE(may(caller_named("dev"), "get", "", "configmaps", "default")) << "a group is no user";
  EXPECT_TRUE(may(caller_named("system:serviceaccount:default:robot"), "get", "", "configmaps", "default"));
  EXPECT_FALSE(may(caller_named("system:serviceaccount:other:robot"), "get", "", "configmaps", "default"));
}

TEST_F(AuthorizerTest, AChangeCountsBeforeItIsAnswered) {
  const Kind& role = testing::kind_named("ClusterRole");
  const Kind& binding = testing::kind_named("ClusterRoleBinding");
  make(user, "ClusterRoleBinding", binding_json("b", "ClusterRole", "r", "User", "alice"));
  EXPECT_FALSE(may(alice, "get", "", "secrets", "default")) << "the role is not there";
  make(user, "ClusterRole", role_json("r", "get core secrets"));
  EXPECT_TRUE(may(alice, "get", "", "secrets", "default"));
  base::run(
      resources->patch(user, role, "", "r", Part::Main, PatchType::Merge, testing::body_of(R"({"rules":[]})"), {}));
  EXPECT_FALSE(may(alice, "get", "", "secrets", "default"));
  base::run(resources->patch(
      user, role, "", "r", Part::Main, PatchType::Merge,
      testing::body_of(R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["secrets"]}]})"), {}));
  base::run(resources->patch(user, binding, "", "b", Part::Main, PatchType::Merge,
                             testing::body_of(R"({"subjects":[{"kind":"User","name":"bob"}]})"), {}));
  EXPECT_FALSE(may(alice, "get", "", "secrets", "default"));
  EXPECT_TRUE(may(caller_named("bob"), "get", "", "secrets", "default"));
  base::run(resources->remove(user, binding, "", "b", {}));
  EXPECT_FALSE(may(caller_named("bob"), "get", "", "secrets", "default"));
}

TEST_F(AuthorizerTest, AnotherStartKnowsTheSame) {
  grant("wide", "get berth.dev containers", "alice");
  const auto again = Resources::make({&store, &keys, &clock, &metrics});
  base::run(again->bootstrap(""));
  EXPECT_TRUE(again->authorizer().may(alice, {"get", "berth.dev", "containers", "", "default", "", ""}));
  EXPECT_FALSE(again->authorizer().may(alice, {"list", "berth.dev", "containers", "", "default", "", ""}));
}

TEST_F(AuthorizerTest, NobodyGrantsWhatTheyDoNotHold) {
  grant("editor", "create,update,patch,get rbac.authorization.k8s.io roles,rolebindings\nget core configmaps", "alice",
        "default");
  make(alice, "Role", role_json("fine", "get core configmaps"), "default");
  const base::Status status =
      refusal([&] { make(alice, "Role", role_json("wide", "get,list core secrets,configmaps"), "default"); });
  EXPECT_EQ(status.reason(), Reason::Forbidden);
  EXPECT_EQ(
      status.message(),
      "roles.rbac.authorization.k8s.io \"wide\" is forbidden: user \"alice\" (groups=[\"system:authenticated\"]) is "
      "attempting to grant RBAC permissions not currently held:\n"
      "{APIGroups:[\"\"], Resources:[\"configmaps\"], Verbs:[\"list\"]}\n"
      "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}");
  const Kind& role = testing::kind_named("Role");
  EXPECT_EQ(refusal([&] {
              base::run(resources->patch(
                  alice, role, "default", "fine", Part::Main, PatchType::Merge,
                  testing::body_of(R"({"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]})"), {}));
            }).reason(),
            Reason::Forbidden);
  make(alice, "RoleBinding", binding_json("ok", "Role", "fine", "User", "bob"), "default");
  EXPECT_EQ(refusal([&] {
              make(alice, "RoleBinding", binding_json("bad", "ClusterRole", "admin", "User", "alice"), "default");
            }).reason(),
            Reason::Forbidden);
  EXPECT_EQ(refusal([&] {
              make(alice, "RoleBinding", binding_json("none", "ClusterRole", "absent", "User", "a"), "default");
            }).message(),
            "clusterroles.rbac.authorization.k8s.io \"absent\" not found");
}

TEST_F(AuthorizerTest, AGrantIsBoundedAndSoIsItsRefusal) {
  grant("editor", "create rbac.authorization.k8s.io roles", "alice", "default");
  Json many = role_json("many", "");
  Json bomb = role_json("bomb", "get core configmaps");
  base::JsonArray& rules = many.as_object()["rules"].emplace_array();
  const std::string blown(100'000, 'a');
  for (int i = 0; i < 1000; ++i) {
    const std::string name = (i == 0 ? blown : "n") + std::to_string(i);
    rules.push_back(to_json({{{"get"}, {""}, {"secrets"}, {name}, {}}}).front());
  }
  const std::string message = refusal([&] { make(alice, "Role", many, "default"); }).message();
  EXPECT_TRUE(message.ends_with("\n... and 968 more")) << message.substr(message.size() - 100);
  EXPECT_LT(message.size(), 34u * 1024);
  PolicyRule cube;
  for (auto* texts : {&cube.verbs, &cube.api_groups, &cube.resources}) {
    for (int i = 0; i < 60; ++i) texts->push_back("t" + std::to_string(i));
  }
  bomb.as_object()["rules"].as_array().push_back(to_json({cube}).front());
  grant("holder", "get core configmaps", "alice", "default");
  EXPECT_EQ(refusal([&] { make(alice, "Role", bomb, "default"); }).message(),
            "roles.rbac.authorization.k8s.io \"bomb\" is forbidden: rules[1] is more than can be compared with what "
            "user \"alice\" (groups=[\"system:authenticated\"]) holds: all rules together may stand for 20000 "
            "combinations of API group, resource, verb and name; use \"*\", or several roles");
  make(user, "Role", bomb, "default");
}

TEST_F(AuthorizerTest, EscalateAndBindLiftIt) {
  grant("lifted", "escalate rbac.authorization.k8s.io roles\nbind rbac.authorization.k8s.io clusterroles", "alice",
        "default");
  make(alice, "Role", role_json("wide", "* * *"), "default");
  make(alice, "RoleBinding", binding_json("wide", "ClusterRole", "cluster-admin", "User", "bob"), "default");
  EXPECT_EQ(refusal([&] {
              make(alice, "RoleBinding", binding_json("role", "Role", "wide", "User", "bob"), "default");
            }).reason(),
            Reason::Forbidden)
      << "bind was for clusterroles";
  EXPECT_TRUE(may(caller_named("bob"), "delete", "", "secrets", "default"));
  EXPECT_FALSE(may(caller_named("bob"), "delete", "", "secrets", ""));
}

TEST_F(AuthorizerTest, GatheringNeedsEverything) {
  grant("some", "* berth.dev *", "alice");
  Json role = role_json("gather", "");
  role.as_object()["aggregationRule"] = base::parse_json(R"({"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]})");
  EXPECT_EQ(
      refusal([&] { make(alice, "ClusterRole", role); }).message(),
      "clusterroles.rbac.authorization.k8s.io \"gather\" is forbidden: must have cluster-admin privileges to use the "
      "aggregationRule");
  make(user, "ClusterRole", role);
  Json part = role_json("part", "get core secrets");
  base::make_path(part, "metadata.labels")["a"] = "b";
  make(user, "ClusterRole", part);
  base::run(resources->aggregate_cluster_roles());
  EXPECT_EQ(read_rules(live(testing::kind_named("ClusterRole"), "gather", "")), read_rules(part));
  forget();
  base::run(resources->aggregate_cluster_roles());
  EXPECT_EQ(store.commits, 0) << "gathered already";
}

TEST_F(AuthorizerTest, TheDefaultRolesBuildOnEachOther) {
  const Kind& kind = testing::kind_named("ClusterRole");
  const auto rules = [&](const char* name) { return read_rules(live(kind, name, "")); };
  EXPECT_TRUE(uncovered(rules("admin"), rules("edit")).empty());
  EXPECT_TRUE(uncovered(rules("edit"), rules("operator")).empty());
  EXPECT_TRUE(uncovered(rules("operator"), rules("view")).empty());
  EXPECT_TRUE(uncovered(rules("cluster-admin"), rules("admin")).empty());
  EXPECT_FALSE(uncovered(rules("view"), rules("operator")).empty());
  for (const PolicyRule& rule : rules("view")) {
    EXPECT_EQ(std::ranges::count(rule.resources, "secrets"), 0) << "who views sees no Secrets";
    EXPECT_EQ(rule.verbs, (std::vector<std::string>{"get", "list", "watch"}));
  }
}

TEST_F(AuthorizerTest, DefaultRolesAreRepairedAndNotTakenAway) {
  const Kind& kind = testing::kind_named("ClusterRole");
  const auto patch = [&](const char* name, const char* text) {
    base::run(resources->patch(user, kind, "", name, Part::Main, PatchType::Merge, testing::body_of(text), {}));
  };
  const PolicyRules before = read_rules(live(kind, "system:basic-user", ""));
  patch("system:basic-user", R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["configmaps"]}]})");
  patch("host-user",
        R"({"rules":[],"metadata":{"annotations":{"rbac.authorization.kubernetes.io/autoupdate":"false"}}})");
  base::run(resources->remove(user, testing::kind_named("ClusterRoleBinding"), "", "system:discovery", {}));
  const auto again = Resources::make({&store, &keys, &clock, &metrics});
  base::run(again->bootstrap(""));
  const PolicyRules after = read_rules(live(kind, "system:basic-user", ""));
  EXPECT_TRUE(uncovered(after, before).empty()) << "what it lacked came back";
  EXPECT_TRUE(uncovered(after, {{{"get"}, {""}, {"configmaps"}, {}, {}}}).empty()) << "what was added stays";
  EXPECT_TRUE(read_rules(live(kind, "host-user", "")).empty()) << "autoupdate is false";
  EXPECT_TRUE(again->authorizer().may(alice, {"get", "", "", "", "", "", "/apis"}));
  forget();
  base::run(Resources::make({&store, &keys, &clock, &metrics})->bootstrap(""));
  EXPECT_EQ(store.commits, 0) << "a start that finds all in order writes nothing";
}

TEST_F(AuthorizerTest, NamesTheMistakesOfRolesAndBindings) {
  const auto causes = [&](const char* kind, const char* text, const std::string& ns = "") {
    std::string all;
    const base::Status status = refusal([&] { make(user, kind, base::parse_json(text), ns); });
    EXPECT_EQ(status.reason(), Reason::Invalid) << status.message();
    for (const auto& cause : status.details().causes) all += cause.field + ": " + cause.message + "\n";
    return all;
  };
  EXPECT_EQ(causes("ClusterRole", R"({"metadata":{"name":"r"},"rules":[{"verbs":[],"apiGroups":[""],"resources":["a"]},
                    {"verbs":["get"]},{"verbs":["get"],"nonResourceURLs":["/a"],"resources":["a"]}]})"),
            "rules[0].verbs: Required value: verbs must contain at least one value\n"
            "rules[1].apiGroups: Required value: resource rules must supply at least one api group\n"
            "rules[1].resources: Required value: resource rules must supply at least one resource\n"
            "rules[2].nonResourceURLs: Invalid value: [\"/a\"]: rules cannot apply to both regular resources and "
            "non-resource URLs\n");
  EXPECT_EQ(
      causes("Role", R"({"metadata":{"name":"r"},"rules":[{"verbs":["get"],"nonResourceURLs":["/a"]}]})", "default"),
      "rules[0].nonResourceURLs: Invalid value: [\"/a\"]: namespaced rules cannot apply to non-resource URLs\n");
  EXPECT_EQ(
      causes("ClusterRoleBinding", R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"a/b"},
                    "subjects":[{"kind":"Robot","name":"x"},{"kind":"ServiceAccount","name":"x"},
                                {"kind":"User","name":"x","apiGroup":"y"}]})"),
      "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"\n"
      "roleRef.name: Invalid value: \"a/b\": may not contain '/'\n"
      "subjects[0].kind: Unsupported value: \"Robot\": supported values: \"Group\", \"ServiceAccount\", \"User\"\n"
      "subjects[1].namespace: Required value\n"
      "subjects[2].apiGroup: Unsupported value: \"y\": supported values: \"rbac.authorization.k8s.io\"\n");
  EXPECT_EQ(causes("ClusterRole", R"({"metadata":{"name":"r"},"aggregationRule":{"clusterRoleSelectors":[]}})"),
            "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if "
            "aggregationRule is non-nil\n");
}

TEST_F(AuthorizerTest, ABindingKeepsItsRole) {
  make(user, "ClusterRoleBinding", binding_json("b", "ClusterRole", "view", "User", "alice"));
  const Json stored = live(testing::kind_named("ClusterRoleBinding"), "b", "");
  EXPECT_EQ(base::string_at(stored, "roleRef.apiGroup"), "rbac.authorization.k8s.io");
  EXPECT_EQ(base::string_at(stored.at("subjects").at(0), "apiGroup"), "rbac.authorization.k8s.io");
  const base::Status status = refusal([&] {
    base::run(resources->patch(user, testing::kind_named("ClusterRoleBinding"), "", "b", Part::Main, PatchType::Merge,
                               testing::body_of(R"({"roleRef":{"name":"edit"}})"), {}));
  });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_NE(status.message().find("cannot change roleRef"), std::string::npos);
}

TEST_F(AuthorizerTest, PlacingNeedsTheHost) {
  grant("writer", "create,update,patch berth.dev containers", "alice", "default");
  const Json web = base::parse_json(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
                                        "spec":{"host":"local","image":"nginx:1.27"}})");
  EXPECT_EQ(refusal([&] { make(alice, "Container", web, "default"); }).message(),
            "containers.berth.dev \"web\" is forbidden: User \"alice\" cannot use resource \"hosts\" in API group "
            "\"berth.dev\" in the namespace \"default\", which placing on host \"local\" needs "
            "(ClusterRole host-user gives it)");
  EXPECT_FALSE(resources->find(container, "default", "web"));
  make(user, "RoleBinding", binding_json("hosts", "ClusterRole", "host-user", "User", "alice"), "default");
  make(alice, "Container", web, "default");
  base::run(resources->remove(user, testing::kind_named("RoleBinding"), "default", "hosts", {}));
  base::run(resources->patch(alice, container, "default", "web", Part::Main, PatchType::Merge,
                             testing::body_of(R"({"spec":{"image":"nginx:1.28"}})"), {}));
}

TEST_F(AuthorizerTest, AdoptingIsARightOnTheHost) {
  grant("writer", "create,update,patch berth.dev containers", "alice", "default");
  make(user, "RoleBinding", binding_json("hosts", "ClusterRole", "host-user", "User", "alice"), "default");
  const Json web = base::parse_json(R"({"apiVersion":"berth.dev/v1","kind":"Container",
      "metadata":{"name":"web","annotations":{"berth.dev/adopt":"0123456789ab"}},
      "spec":{"host":"local","image":"nginx:1.27"}})");
  EXPECT_EQ(refusal([&] { make(alice, "Container", web, "default"); }).message(),
            "containers.berth.dev \"web\" is forbidden: User \"alice\" cannot adopt resource \"hosts\" in API group "
            "\"berth.dev\" in the namespace \"default\", which the annotation berth.dev/adopt needs");
  make(user, "Container", web, "default");
  const auto annotate = [&](const char* value) {
    base::run(resources->patch(alice, container, "default", "web", Part::Main, PatchType::Merge,
                               testing::body_of(std::string(R"({"spec":{"user":"1"},"metadata":{"annotations":{)") +
                                                R"("berth.dev/adopt":)" + value + "}}}"),
                               {}));
  };
  annotate("\"0123456789ab\"");  // as it is
  EXPECT_EQ(refusal([&] { annotate("\"ba9876543210\""); }).reason(), Reason::Forbidden);
  annotate("null");
}

TEST_F(AuthorizerTest, ANamespaceIsItsOwnScope) {
  grant("own", "patch core namespaces", "alice", "default");
  base::run(resources->patch(alice, ns_kind, "", "default", Part::Main, PatchType::Merge,
                             testing::body_of(R"({"metadata":{"labels":{"a":"b"}}})"), {}));
}

TEST_F(AuthorizerTest, OperateActsAndDefinesNothing) {
  grant("acts", "operate berth.dev containers", "alice", "default");
  create_web();
  const auto patch = [&](const char* text) {
    base::run(
        resources->patch(alice, container, "default", "web", Part::Main, PatchType::Merge, testing::body_of(text), {}));
  };
  patch(R"({"spec":{"desiredState":"Stopped"}})");
  patch(R"({"spec":{"suspend":true},"metadata":{"annotations":{"berth.dev/restartedAt":"1"}}})");
  patch(R"({"metadata":{"annotations":{"berth.dev/restartedAt":null}}})");
  for (const char* text : {R"({"spec":{"image":"x"}})", R"({"metadata":{"labels":{"a":"b"}}})",
                           R"({"spec":{"desiredState":"Running","env":[{"name":"A"}]}})",
                           R"({"metadata":{"annotations":{"other":"1"}}})", R"({"metadata":{"finalizers":[]}})"}) {
    EXPECT_EQ(refusal([&] { patch(text); }).reason(), Reason::Forbidden) << text;
  }
  EXPECT_EQ(base::string_at(live(container, "web"), "spec.desiredState"), "Stopped");
}

TEST_F(AuthorizerTest, OperateForgesNoManagers) {
  grant("acts", "operate berth.dev containers", "alice", "default");
  create_web();
  const auto patch = [&](const char* text) {
    base::run(
        resources->patch(alice, container, "default", "web", Part::Main, PatchType::Merge, testing::body_of(text), {}));
  };
  const auto managers = [&] { return base::to_canonical(live(container, "web").at("metadata").at("managedFields")); };
  const std::string before = managers();
  for (const char* managed :
       {"[]", "[{}]",
        R"([{"apiVersion":"berth.dev/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:image":{}}},
             "manager":"flux","operation":"Apply"}])"}) {
    for (const char* rest : {"}}", R"(},"spec":{"desiredState":"Stopped"}})"}) {
      const std::string text = R"({"metadata":{"managedFields":)" + std::string(managed) + rest;
      EXPECT_EQ(refusal([&] { patch(text.c_str()); }).reason(), Reason::Forbidden) << text;
    }
  }
  EXPECT_EQ(managers(), before);
  Json whole = live(container, "web");
  whole.at("spec").as_object()["desiredState"] = "Stopped";
  base::run(
      resources->update(alice, container, "default", "web", Part::Main, Body{whole, {}}, {.field_manager = "acts"}));
  EXPECT_NE(managers(), before) << "its own change is tracked";
}

// Who shares or gives up a field in another's name decides what the next apply takes away.
TEST_F(AuthorizerTest, OperateAppliesNothingElse) {
  grant("acts", "operate berth.dev containers", "bob", "default");
  const Caller bob = caller_named("bob");
  const auto apply = [&](const Caller& by, const char* manager, const std::string& rest) {
    const std::string text = R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web")" + rest + "}";
    base::run(resources->apply(by, container, "default", "web", Part::Main, testing::body_of(text),
                               {.write = {.field_manager = manager}}));
  };
  const std::string file = R"(},"spec":{"host":"local","image":"nginx:1.27"})";
  const std::string hardened = R"(},"spec":{"host":"local","image":"nginx:1.27","user":"1000"})";
  apply(user, "flux", file);
  apply(user, "security", R"(},"spec":{"user":"1000"})");
  for (const char* manager : {"flux", "bob"}) {
    EXPECT_EQ(refusal([&] { apply(bob, manager, hardened); }).reason(), Reason::Forbidden) << manager;
  }
  EXPECT_EQ(refusal([&] { apply(bob, "security", R"(},"spec":{"desiredState":"Stopped"})"); }).reason(),
            Reason::Forbidden);
  apply(bob, "bob", R"(,"annotations":{"berth.dev/restartedAt":"1"}},"spec":{"desiredState":"Stopped"})");
  apply(bob, "bob", R"(},"spec":{"desiredState":"Stopped","suspend":true})");
  apply(user, "flux", file);
  EXPECT_EQ(base::string_at(live(container, "web"), "spec.user"), "1000");
  EXPECT_EQ(base::string_at(live(container, "web"), "spec.desiredState"), "Stopped");
}

TEST_F(AuthorizerTest, LooseningANamespaceNeedsEnforce) {
  grant("namespaces", "create,patch core namespaces", "alice");
  make(alice, "Namespace", base::parse_json(R"({"metadata":{"name":"team"}})"));
  const auto patch = [&](const Caller& by, const char* text) {
    base::run(resources->patch(by, ns_kind, "", "team", Part::Main, PatchType::Merge, testing::body_of(text), {}));
  };
  patch(alice, R"({"metadata":{"labels":{"a":"b"}}})");
  for (const char* text : {R"({"metadata":{"labels":{"berth.dev/enforce":"privileged"}}})",
                           R"({"metadata":{"annotations":{"berth.dev/allowed-binds":"/"}}})"}) {
    EXPECT_EQ(refusal([&] { patch(alice, text); }).reason(), Reason::Forbidden);
  }
  EXPECT_EQ(refusal([&] {
              make(alice, "Namespace",
                   base::parse_json(R"({"metadata":{"name":"t","labels":{"berth.dev/enforce":"privileged"}}})"));
            }).reason(),
            Reason::Forbidden);
  grant("enforcer", "enforce core namespaces", "alice");
  patch(alice, R"({"metadata":{"labels":{"berth.dev/enforce":"privileged"}}})");
}

TEST_F(AuthorizerTest, TheNamespaceSaysWhatMayRun) {
  base::run(resources->create(user, ns_kind, "", testing::body_of(R"({"metadata":{"name":"team"}})"), {}));
  const auto web = [](const char* more) {
    return base::parse_json(R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},
                               "spec":{"host":"local","image":"nginx:1.27")" +
                            std::string(more) + "}}");
  };
  const base::Status status = refusal([&] { make(user, "Container", web(R"(,"privileged":true)"), "team"); });
  EXPECT_EQ(status.reason(), Reason::Forbidden);
  EXPECT_EQ(status.message(),
            "containers.berth.dev \"web\" is forbidden: violates berth.dev/enforce \"baseline\" of namespace \"team\": "
            "privileged (spec.privileged must not be true)")
      << "whoever asks";
  make(user, "Container", web(R"(,"ports":[{"containerPort":80,"hostPort":80}])"), "team");
  EXPECT_EQ(refusal([&] {
              base::run(resources->patch(user, container, "team", "web", Part::Main, PatchType::Merge,
                                         testing::body_of(R"({"spec":{"pid":"host"}})"), {}));
            }).reason(),
            Reason::Forbidden);
  make(user, "Container", web(R"(,"privileged":true)"), "default");
  const Json loose = live(container, "web");
  EXPECT_THROW(resources->check_workload(container, "team", loose), base::Status);
  EXPECT_NO_THROW(resources->check_workload(container, "default", loose));
}

}  // namespace
}  // namespace berth::resources
