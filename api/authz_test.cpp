// SPDX-License-Identifier: Apache-2.0
// Every default role on every kind with every verb, by the requests that clients send.
#include "api/authz.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "resources/resources.hpp"
#include "store/memory_store.hpp"

namespace berth::api {
namespace {

const std::vector<std::string> kVerbs = {"get",    "list",  "watch",  "create",
                                         "update", "patch", "delete", "deletecollection"};

class AuthzTest : public ::testing::Test {
 protected:
  AuthzTest() {
    base::set_log_level(base::LogLevel::Error);
    base::run(resources_->bootstrap("test"));
  }
  ~AuthzTest() override { std::filesystem::remove_all(folder_); }

  static std::filesystem::path fresh_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-authz-XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  static resources::Caller caller_named(const std::string& name, std::vector<std::string> groups) {
    resources::Caller caller;
    caller.user = name;
    caller.groups = std::move(groups);
    return caller;
  }
  // A user of the role's name, bound to it in namespace default.
  void bind(const std::string& role) {
    const std::string text = R"({"metadata":{"name":")" + role + R"("},"roleRef":{"kind":"ClusterRole","name":")" +
                             role + R"("},"subjects":[{"kind":"User","name":")" + role + R"("}]})";
    base::run(resources_->create(caller_named("root", {"system:masters"}),
                                 schemas::Catalog::instance().by_name("RoleBinding"), "default",
                                 base::parse_json_reporting(text), {}));
  }
  bool may(const resources::Caller& caller, std::string_view method, std::string_view target) {
    return !refusal(resources_->authorizer(), caller, read_request_info(method, target));
  }
  std::string message_for(std::string_view method, std::string_view target) {
    const auto status =
        refusal(resources_->authorizer(), caller_named("u", {"dev"}), read_request_info(method, target));
    if (!status) return "";
    EXPECT_EQ(status->reason(), base::Reason::Forbidden);
    return status->message();
  }

  const std::filesystem::path folder_ = fresh_folder();
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  store::KeyRing keys_ = store::KeyRing::open(folder_ / "keys", true);
  base::FakeClock clock_;
  base::Metrics metrics_;
  std::unique_ptr<resources::Resources> resources_ =
      resources::Resources::make({store_.get(), &keys_, &clock_, &metrics_});
};

struct Call {
  std::string method;
  std::string target;
};

Call call_of(const schemas::Kind& kind, const std::string& verb) {
  std::string target = kind.group.empty() ? "/api/v1" : "/apis/" + kind.group + "/" + kind.version;
  if (kind.namespaced) target += "/namespaces/default";
  target += "/" + kind.plural;
  if (verb == "list") return {"GET", target};
  if (verb == "watch") return {"GET", target + "?watch=true"};
  if (verb == "create") return {"POST", target};
  if (verb == "deletecollection") return {"DELETE", target};
  target += "/x";
  if (verb == "update") return {"PUT", target};
  if (verb == "patch") return {"PATCH", target};
  return {verb == "get" ? "GET" : "DELETE", target};
}

TEST_F(AuthzTest, EveryRoleOnEveryKindWithEveryVerb) {
  const std::vector<std::string> see = {"get", "list", "watch"};
  const std::vector<std::string> none;
  const std::vector<std::string> create = {"create"};
  // What a binding in the namespace gives: view, operator, edit, admin, cluster-admin; and nobody in particular.
  struct Row {
    const std::vector<std::string>&view, &operates, &edit, &admin, &cluster_admin, &nobody;
  };
  const Row workload{see, see, kVerbs, kVerbs, kVerbs, none};
  // Who operates may begin to change it; resources sees to it that nothing but actions change.
  const std::vector<std::string> operate = {"get", "list", "watch", "update", "patch"};
  const Row operated{see, operate, kVerbs, kVerbs, kVerbs, none};
  const Row secret{none, none, kVerbs, kVerbs, kVerbs, none};
  const Row rights{none, none, none, kVerbs, kVerbs, none};
  const Row cluster{none, none, none, none, none, none};
  const Row everybody_sees{see, see, see, see, see, see};
  const std::vector<std::string> read = {"get", "list"};
  const Row everybody_reads{read, read, read, read, read, read};
  const Row everybody_asks{create, create, create, create, create, create};
  const Row admin_asks{none, none, none, create, kVerbs, none};
  const std::map<std::string, const Row*> expected = {{"Container", &operated},
                                                      {"ConfigMap", &workload},
                                                      {"Event", &workload},
                                                      {"ServiceAccount", &workload},
                                                      {"Registry", &workload},
                                                      {"ComposeStack", &operated},
                                                      {"Network", &workload},
                                                      {"Volume", &workload},
                                                      {"Secret", &secret},
                                                      {"Lease", &secret},
                                                      {"Role", &rights},
                                                      {"RoleBinding", &rights},
                                                      {"ClusterRole", &cluster},
                                                      {"ClusterRoleBinding", &cluster},
                                                      {"Namespace", &cluster},
                                                      {"TokenReview", &cluster},
                                                      {"AuditRecord", &cluster},
                                                      {"AuditVerification", &cluster},
                                                      {"SubjectAccessReview", &cluster},
                                                      {"Host", &everybody_sees},
                                                      {"EngineContainer", &everybody_reads},
                                                      {"EngineImage", &everybody_reads},
                                                      {"EngineNetwork", &everybody_reads},
                                                      {"EngineVolume", &everybody_reads},
                                                      {"CustomResourceDefinition", &everybody_sees},
                                                      {"SelfSubjectReview", &everybody_asks},
                                                      {"SelfSubjectAccessReview", &everybody_asks},
                                                      {"SelfSubjectRulesReview", &everybody_asks},
                                                      {"LocalSubjectAccessReview", &admin_asks}};
  for (const char* role : {"view", "operator", "edit", "admin", "cluster-admin"}) bind(role);
  for (const schemas::Kind& kind : schemas::Catalog::instance().kinds()) {
    if (kind.verbs.empty()) continue;
    const auto row = expected.find(kind.kind);
    ASSERT_NE(row, expected.end()) << kind.kind << " has no row here: say who may do what with it";
    const Row& r = *row->second;
    const std::vector<std::pair<std::string, const std::vector<std::string>*>> columns = {
        {"view", &r.view},   {"operator", &r.operates},           {"edit", &r.edit},
        {"admin", &r.admin}, {"cluster-admin", &r.cluster_admin}, {"nobody", &r.nobody}};
    for (const auto& [user, verbs] : columns) {
      for (const std::string& verb : kVerbs) {
        const Call call = call_of(kind, verb);
        const bool wanted = std::ranges::find(*verbs, verb) != verbs->end();
        const auto caller = caller_named(user, {"system:authenticated"});
        EXPECT_EQ(may(caller, call.method, call.target), wanted) << user << " " << verb << " " << kind.kind;
        EXPECT_TRUE(may(caller_named("root", {"system:masters"}), call.method, call.target));
        EXPECT_FALSE(may(caller_named("stranger", {}), call.method, call.target)) << verb << " " << kind.kind;
      }
    }
  }
}

TEST_F(AuthzTest, OperateBeginsOnlyWhereThereAreActionsAndWhatMayBeRead) {
  const auto grant = [&](const char* who, const char* verbs) {
    const auto root = caller_named("root", {"system:masters"});
    const auto make = [&](const char* kind, const std::string& text) {
      base::run(resources_->create(root, schemas::Catalog::instance().by_name(kind), "default",
                                   base::parse_json_reporting(text), {}));
    };
    const std::string name = R"({"metadata":{"name":")" + std::string(who) + "\"}";
    make("Role", name + R"(,"rules":[{"verbs":)" + verbs + R"(,"apiGroups":["*"],"resources":["*"]}]})");
    make("RoleBinding", name + R"(,"roleRef":{"kind":"Role","name":")" + who +
                            R"("},"subjects":[{"kind":"User","name":")" + who + "\"}]}");
  };
  grant("blind", R"(["operate"])");
  grant("seeing", R"(["operate","get"])");
  const std::string web = "/apis/berth.dev/v1/namespaces/default/containers/web";
  EXPECT_FALSE(may(caller_named("blind", {}), "PATCH", web)) << "the answer shows the object";
  EXPECT_FALSE(may(caller_named("blind", {}), "PUT", web));
  EXPECT_TRUE(may(caller_named("seeing", {}), "PATCH", web));
  EXPECT_TRUE(may(caller_named("seeing", {}), "PUT", web));
  for (const char* target : {"/api/v1/namespaces/default/secrets/s", "/api/v1/namespaces/default/configmaps/c",
                             "/apis/berth.dev/v1/namespaces/default/volumes/v",
                             "/apis/berth.dev/v1/namespaces/default/containers/web/status"}) {
    EXPECT_FALSE(may(caller_named("seeing", {}), "PATCH", target)) << target;
  }
}

TEST_F(AuthzTest, ImagesOfAHostAreARightOnTheHost) {
  const auto root = caller_named("root", {"system:masters"});
  const auto make = [&](const char* kind, const char* text) {
    base::run(
        resources_->create(root, schemas::Catalog::instance().by_name(kind), "", base::parse_json_reporting(text), {}));
  };
  make("ClusterRole", R"({"metadata":{"name":"puller"},"rules":[{"verbs":["pull"],"apiGroups":["berth.dev"],
                         "resources":["hosts"],"resourceNames":["vm-1"]}]})");
  make("ClusterRoleBinding", R"({"metadata":{"name":"puller"},"roleRef":{"kind":"ClusterRole","name":"puller"},
                                "subjects":[{"kind":"User","name":"bob"}]})");
  const auto bob = caller_named("bob", {"system:authenticated"});
  const std::string hosts = "/apis/engine.berth.dev/v1/hosts/";
  EXPECT_TRUE(may(bob, "POST", hosts + "vm-1/images/pull"));
  EXPECT_FALSE(may(bob, "POST", hosts + "vm-1/images/prune"));
  EXPECT_FALSE(may(bob, "POST", hosts + "vm-2/images/pull"));
  EXPECT_FALSE(may(bob, "POST", hosts + "vm-1/containers/manifest"));
  EXPECT_TRUE(may(root, "POST", hosts + "vm-1/containers/manifest"));
  EXPECT_TRUE(may(root, "POST", hosts + "vm-2/images/prune"));
  EXPECT_FALSE(may(bob, "DELETE", "/apis/engine.berth.dev/v1/engineimages/vm-1.0123456789ab"));
}

TEST_F(AuthzTest, ABindingEndsAtItsNamespace) {
  bind("admin");
  const auto admin = caller_named("admin", {"system:authenticated"});
  EXPECT_TRUE(may(admin, "GET", "/apis/berth.dev/v1/namespaces/default/containers/x"));
  EXPECT_FALSE(may(admin, "GET", "/apis/berth.dev/v1/namespaces/other/containers/x"));
  EXPECT_FALSE(may(admin, "GET", "/apis/berth.dev/v1/containers"));
  EXPECT_TRUE(may(admin, "GET", "/api/v1/namespaces/default")) << "its own namespace";
  EXPECT_FALSE(may(admin, "GET", "/api/v1/namespaces/other"));
  EXPECT_FALSE(may(admin, "PATCH", "/api/v1/namespaces/default"));
  EXPECT_FALSE(may(admin, "PUT", "/apis/berth.dev/v1/namespaces/default/containers/x/status"))
      << "status is its reconciler's";
  EXPECT_TRUE(may(admin, "POST", "/api/v1/namespaces/default/serviceaccounts/x/token"));
}

TEST_F(AuthzTest, WhoMaySeeAContainerMaySeeItsRevisions) {
  bind("view");
  const std::string containers = "/apis/berth.dev/v1/namespaces/";
  const auto view = caller_named("view", {"system:authenticated"});
  EXPECT_TRUE(may(view, "GET", containers + "default/containers/x/revisions"));
  EXPECT_TRUE(may(view, "GET", containers + "default/containers/x/revisions/3"));
  EXPECT_FALSE(may(view, "GET", containers + "other/containers/x/revisions"));
  EXPECT_FALSE(
      may(caller_named("nobody", {"system:authenticated"}), "GET", containers + "default/containers/x/revisions"));
}

TEST_F(AuthzTest, AListOfOneNameIsAskedForByThatName) {
  const auto make = [&](const char* kind, const char* ns, const char* text) {
    base::run(resources_->create(caller_named("root", {"system:masters"}), schemas::Catalog::instance().by_name(kind),
                                 ns, base::parse_json_reporting(text), {}));
  };
  make("Role", "default", R"({"metadata":{"name":"one"},"rules":[{"verbs":["get","list","watch"],"apiGroups":[""],
                             "resources":["configmaps"],"resourceNames":["c"]}]})");
  make("RoleBinding", "default", R"({"metadata":{"name":"one"},"roleRef":{"kind":"Role","name":"one"},
                                    "subjects":[{"kind":"User","name":"bob"}]})");
  const auto bob = caller_named("bob", {});
  const std::string list = "/api/v1/namespaces/default/configmaps";
  EXPECT_TRUE(may(bob, "GET", list + "/c"));
  EXPECT_TRUE(may(bob, "GET", list + "?fieldSelector=metadata.name%3Dc"));
  EXPECT_TRUE(may(bob, "GET", list + "?watch=true&fieldSelector=metadata.name%3Dc"));
  EXPECT_FALSE(may(bob, "GET", list));
  EXPECT_FALSE(may(bob, "GET", list + "?fieldSelector=metadata.name%21%3Dc"));
  EXPECT_FALSE(may(bob, "GET", list + "?fieldSelector=metadata.name%3Dd"));
  EXPECT_FALSE(may(bob, "GET", list + "?fieldSelector=%3D%3D%3D"));
  EXPECT_FALSE(may(bob, "DELETE", list + "?fieldSelector=metadata.name%3Dc"));
}

TEST_F(AuthzTest, Paths) {
  const auto somebody = caller_named("x", {"system:authenticated"});
  for (const char* path : {"/version", "/api", "/apis", "/apis/berth.dev/v1", "/openapi/v3/apis/berth.dev/v1"}) {
    EXPECT_TRUE(may(somebody, "GET", path)) << path;
    EXPECT_FALSE(may(somebody, "POST", path)) << path;
    EXPECT_FALSE(may(caller_named("x", {}), "GET", path)) << path;
  }
  EXPECT_FALSE(may(somebody, "GET", "/metrics"));
  EXPECT_FALSE(may(somebody, "GET", "/"));
}

TEST_F(AuthzTest, RefusesInUpstreamsWords) {
  EXPECT_EQ(message_for("GET", "/apis/berth.dev/v1/namespaces/n/containers/x"),
            "containers.berth.dev \"x\" is forbidden: User \"u\" cannot get resource \"containers\" in API group "
            "\"berth.dev\" in the namespace \"n\"");
  EXPECT_EQ(message_for("PATCH", "/apis/berth.dev/v1/hosts/h/status"),
            "hosts.berth.dev \"h\" is forbidden: User \"u\" cannot patch resource \"hosts/status\" in API group "
            "\"berth.dev\" at the cluster scope");
  EXPECT_EQ(
      message_for("GET", "/api/v1/secrets?watch=true"),
      "secrets is forbidden: User \"u\" cannot watch resource \"secrets\" in API group \"\" at the cluster scope");
  EXPECT_EQ(message_for("GET", "/apis?x=secret"), "forbidden: User \"u\" cannot get path \"/apis\"");
}

}  // namespace
}  // namespace berth::api
