// SPDX-License-Identifier: Apache-2.0
// The verbs on objects over the wire: codes, bodies, forms.
#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

const HeaderList kMerge{{"Content-Type", "application/merge-patch+json"}};
const HeaderList kTable{{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}};

std::string item(const std::string& name) { return std::string(kContainers) + "/" + name; }

class Verbs : public ServerTest {
 protected:
  Verbs() {
    start();
    client_.emplace(admin());
  }
  base::HttpResponse create(const std::string& name) { return client_->send("POST", kContainers, container(name)); }
  bool stored(const std::string& name) {
    return resources_->find(schemas::Catalog::instance().by_name("Container"), "default", name).has_value();
  }

  std::optional<Client> client_;
};

TEST_F(Verbs, CreateThenGetGivesTheSameBytes) {
  const auto created = create("web");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.headers.get("Content-Type"), "application/json");
  const auto got = client_->get(item("web"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, created.body);
  EXPECT_EQ(client_->get(item("web") + "/status").body, created.body);
  EXPECT_STATUS(create("web"), 409, "AlreadyExists");
}

TEST_F(Verbs, TakesYamlAndAnswersYaml) {
  const auto created = client_->send("POST", kContainers,
                                     "apiVersion: berth.dev/v1\nkind: Container\nmetadata: {name: web}\n"
                                     "spec:\n  host: local\n  image: nginx\n",
                                     {{"Content-Type", "application/yaml"}, {"Accept", "application/yaml"}});
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.headers.get("Content-Type"), "application/yaml");
  EXPECT_NE(created.body.find("image: nginx\n"), std::string::npos) << created.body;
  EXPECT_TRUE(stored("web"));
}

TEST_F(Verbs, UpdateNeedsTheVersionItSaw) {
  base::Json object = base::parse_json(create("web").body);
  object.at("spec").as_object()["image"] = "nginx:2";
  const auto updated = client_->send("PUT", item("web"), boost::json::serialize(object));
  ASSERT_EQ(updated.status, 200) << updated.body;
  EXPECT_EQ(base::string_at(base::parse_json(updated.body), "spec.image"), "nginx:2");
  object.at("spec").as_object()["image"] = "nginx:3";
  EXPECT_STATUS(client_->send("PUT", item("web"), boost::json::serialize(object)), 409, "Conflict");
  EXPECT_STATUS(client_->send("PUT", item("gone"), container("gone")), 404, "NotFound");
}

TEST_F(Verbs, APatchThatNestsWithoutEndIsRefused) {
  create("web");
  std::string operations = R"([{"op":"add","path":"/x","value":{"a":1}},{"op":"add","path":"/y","value":{"a":1}})";
  std::string path = "/y/a";
  for (int doublings = 0; doublings < 17; ++doublings) {
    operations += R"(,{"op":"move","from":"/x","path":")" + path + R"("},{"op":"copy","from":"/y","path":"/x"})";
    path += path.substr(2);
  }
  const HeaderList type{{"Content-Type", "application/json-patch+json"}};
  EXPECT_STATUS(client_->send("PATCH", item("web"), operations + "]", type), 400, "BadRequest");
  EXPECT_EQ(client_->get(item("web")).status, 200);
}

TEST_F(Verbs, PatchesByContentType) {
  create("web");
  const auto merged = client_->send("PATCH", item("web"), R"({"spec":{"image":"nginx:2"}})", kMerge);
  ASSERT_EQ(merged.status, 200) << merged.body;
  EXPECT_EQ(base::string_at(base::parse_json(merged.body), "spec.image"), "nginx:2");
  const auto replaced =
      client_->send("PATCH", item("web"), R"([{"op":"replace","path":"/spec/image","value":"nginx:3"}])",
                    {{"Content-Type", "application/json-patch+json; charset=utf-8"}});
  ASSERT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_EQ(base::string_at(base::parse_json(replaced.body), "spec.image"), "nginx:3");
  for (const char* type :
       {"application/strategic-merge-patch+json", "application/apply-patch+cbor", "application/json", "text/plain"}) {
    const auto refused = client_->send("PATCH", item("web"), "{}", {{"Content-Type", type}});
    EXPECT_STATUS(refused, 415, "UnsupportedMediaType");
    EXPECT_NE(refused.body.find("application/json-patch+json, application/merge-patch+json"), std::string::npos);
  }
  EXPECT_STATUS(client_->send("PATCH", item("web"), "{", kMerge), 400, "BadRequest");
  EXPECT_STATUS(client_->send("PATCH", item("gone"), "{}", kMerge), 404, "NotFound");
  EXPECT_STATUS(client_->send("PATCH", item("web") + "?force=true", "{}", kMerge), 422, "Invalid");
}

TEST_F(Verbs, AppliesAsYamlAndAsJson) {
  const HeaderList apply{{"Content-Type", "application/apply-patch+yaml"}};
  const std::string yaml =
      "apiVersion: berth.dev/v1\nkind: Container\nmetadata: {name: web}\nspec: {host: local, image: nginx}\n";
  const std::string by_alice = item("web") + "?fieldManager=alice";
  const auto made = client_->send("PATCH", by_alice, yaml, apply);
  EXPECT_EQ(made.status, 201) << made.body;
  const auto again = client_->send("PATCH", by_alice, container("web", "nginx"), apply);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, made.body);
  const auto flow = client_->send("PATCH", by_alice,
                                  "{apiVersion: berth.dev/v1, kind: Container, metadata: {name: web}, "
                                  "spec: {host: local, image: nginx}}",
                                  apply);
  EXPECT_EQ(flow.status, 200) << flow.body;
  const auto conflict = client_->send("PATCH", item("web") + "?fieldManager=bob", container("web", "nginx:2"), apply);
  EXPECT_STATUS(conflict, 409, "Conflict");
  const auto forced =
      client_->send("PATCH", item("web") + "?fieldManager=bob&force=true", container("web", "nginx:2"), apply);
  EXPECT_EQ(forced.status, 200) << forced.body;
  EXPECT_STATUS(client_->send("PATCH", item("web"), yaml, apply), 422, "Invalid");
  EXPECT_STATUS(client_->send("PATCH", by_alice, "{", apply), 400, "BadRequest");
  EXPECT_STATUS(client_->send("PATCH", item("none") + "/status?fieldManager=a", container("none"), apply), 404,
                "NotFound");
}

TEST_F(Verbs, TheUserAgentNamesTheManager) {
  client_->send("POST", "/apis/berth.dev/v1/namespaces/default/containers", container("web"),
                {{"Content-Type", "application/json"}, {"User-Agent", "helm/v4 (linux)"}});
  const base::Json object = base::parse_json(client_->get(item("web")).body);
  EXPECT_EQ(base::string_at(object.at("metadata").at("managedFields").at(0), "manager"), "helm");
}

TEST_F(Verbs, BuiltInKindsTakeStrategicMergePatches) {
  const HeaderList strategic{{"Content-Type", "application/strategic-merge-patch+json"}};
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const auto created = client_->send(
      "POST", maps, R"({"metadata":{"name":"m","finalizers":["x.io/a","x.io/b"]},"data":{"a":"1","b":"2"}})");
  ASSERT_EQ(created.status, 201) << created.body;
  const auto patched = client_->send(
      "PATCH", maps + "/m",
      R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["x.io/a"]},"data":{"$retainKeys":["b"],"b":"3"}})",
      strategic);
  ASSERT_EQ(patched.status, 200) << patched.body;
  const base::Json object = base::parse_json(patched.body);
  EXPECT_EQ(base::to_canonical(object.at("data")), R"({"b":"3"})");
  EXPECT_EQ(base::to_canonical(object.at("metadata").at("finalizers")), R"(["x.io/b"])");
  EXPECT_STATUS(client_->send("PATCH", maps + "/m", R"({"data":{"$patch":"frob"}})", strategic), 400, "BadRequest");
  EXPECT_STATUS(client_->send("PATCH", maps + "/m", "[]", strategic), 400, "BadRequest");
  create("web");
  const auto refused = client_->send("PATCH", item("web"), "{}", strategic);
  EXPECT_STATUS(refused, 415, "UnsupportedMediaType");
  EXPECT_EQ(refused.body.find("strategic"), std::string::npos) << "it is not offered";
}

TEST_F(Verbs, StatusIsAPartOfItsOwn) {
  create("web");
  const auto patched = client_->send("PATCH", item("web") + "/status",
                                     R"({"spec":{"image":"x:1"},"status":{"phase":"Running"}})", kMerge);
  ASSERT_EQ(patched.status, 200) << patched.body;
  const base::Json object = base::parse_json(patched.body);
  EXPECT_EQ(base::string_at(object, "spec.image"), "nginx:1.27");
  EXPECT_EQ(base::string_at(object, "status.phase"), "Running");
}

TEST_F(Verbs, DeleteAnswersTheObjectWhileFinalizersHoldIt) {
  create("web");
  const auto held = client_->send("DELETE", item("web"),
                                  R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"})");
  ASSERT_EQ(held.status, 200) << held.body;
  EXPECT_EQ(base::string_at(base::parse_json(held.body), "kind"), "Container");
  EXPECT_FALSE(base::string_at(base::parse_json(held.body), "metadata.deletionTimestamp").empty());
  const auto released = client_->send("PATCH", item("web"), R"({"metadata":{"finalizers":null}})", kMerge);
  EXPECT_EQ(released.status, 200) << released.body;
  EXPECT_STATUS(client_->get(item("web")), 404, "NotFound");
}

TEST_F(Verbs, DeleteAnswersAStatusWithTheUidWhenItIsGone) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const auto created =
      client_->send("POST", maps, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"b"}})");
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string uid(base::string_at(base::parse_json(created.body), "metadata.uid"));
  EXPECT_STATUS(client_->send("DELETE", maps + "/m", R"({"preconditions":{"uid":"other"}})"), 409, "Conflict");
  const auto gone = client_->send("DELETE", maps + "/m");
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(
      gone.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"m","kind":"configmaps","uid":")" +
          uid + R"("}})");
  EXPECT_STATUS(client_->send("DELETE", maps + "/m"), 404, "NotFound");
}

TEST_F(Verbs, DeleteCollectionAnswersWhatItDeleted) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  for (const char* name : {"a", "b", "c"}) {
    const std::string label = std::string(name) == "c" ? "keep" : "drop";
    client_->send("POST", maps,
                  R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + std::string(name) +
                      R"(","labels":{"x":")" + label + R"("}}})");
  }
  EXPECT_STATUS(client_->send("DELETE", maps, R"({"preconditions":{"uid":"other"}})"), 409, "Conflict");
  const auto removed = client_->send("DELETE", maps + "?labelSelector=x%3Ddrop");
  ASSERT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(base::string_at(base::parse_json(removed.body), "kind"), "ConfigMapList");
  EXPECT_EQ(base::parse_json(removed.body).at("items").as_array().size(), 2u);
  EXPECT_EQ(base::parse_json(client_->get(maps).body).at("items").as_array().size(), 1u);
  EXPECT_STATUS(client_->send("DELETE", "/api/v1/configmaps"), 405, "MethodNotAllowed");
}

TEST_F(Verbs, DryRunStoresNothing) {
  const auto response = client_->send("POST", std::string(kContainers) + "?dryRun=All", container("web"));
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(base::string_at(base::parse_json(response.body), "metadata.resourceVersion"), "");
  EXPECT_FALSE(stored("web"));
  EXPECT_STATUS(client_->send("POST", std::string(kContainers) + "?dryRun=Some", container("web")), 422, "Invalid");
  EXPECT_FALSE(stored("web"));
}

TEST_F(Verbs, UnknownFieldsAreWarningsOrErrors) {
  const std::string body =
      R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{"host":"local","image":"i","foo":1}})";
  const auto warned = client_->send("POST", kContainers, body);
  EXPECT_EQ(warned.status, 201) << warned.body;
  EXPECT_EQ(warned.headers.get("Warning"), R"(299 - "unknown field \"spec.foo\"")");
  const auto strict = client_->send("POST", std::string(kContainers) + "?fieldValidation=Strict", body);
  EXPECT_STATUS(strict, 400, "BadRequest");
  EXPECT_NE(strict.body.find(R"(strict decoding error: unknown field \"spec.foo\")"), std::string::npos) << strict.body;
  EXPECT_FALSE(strict.headers.has("Warning"));
}

TEST_F(Verbs, GetAsTable) {
  create("web");
  const base::Json table = base::parse_json(client_->get(item("web"), kTable).body);
  EXPECT_EQ(base::string_at(table, "kind"), "Table");
  const auto& columns = table.at("columnDefinitions").as_array();
  const auto& row = table.at("rows").as_array().at(0).as_object();
  EXPECT_EQ(base::string_at(columns.at(0), "format"), "name");
  EXPECT_EQ(row.at("cells").as_array().size(), columns.size());
  EXPECT_EQ(row.at("cells").as_array().at(0).as_string(), "web");
  EXPECT_EQ(base::string_at(row.at("object"), "kind"), "PartialObjectMetadata");
  EXPECT_EQ(base::string_at(row.at("object"), "metadata.namespace"), "default");
  const base::Json whole = base::parse_json(client_->get(item("web") + "?includeObject=Object", kTable).body);
  EXPECT_EQ(base::string_at(whole.at("rows").as_array().at(0).at("object"), "spec.image"), "nginx:1.27");
  const base::Json none = base::parse_json(client_->get(item("web") + "?includeObject=None", kTable).body);
  EXPECT_TRUE(none.at("rows").as_array().at(0).at("object").is_null());
}

TEST_F(Verbs, PrettyIsForPeople) {
  create("web");
  const auto pretty = client_->get(item("web") + "?pretty=true");
  EXPECT_NE(pretty.body.find("\n  \"kind\": \"Container\""), std::string::npos) << pretty.body;
  const std::string plain = client_->get(item("web")).body;
  EXPECT_TRUE(base::json_equal(base::parse_json(pretty.body), base::parse_json(plain)));
  const auto body = [this](const std::string& query, const std::string& agent) {
    return client_->send("GET", item("web") + query, "", {{"User-Agent", agent}}).body;
  };
  for (const char* agent : {"curl/8.5.0", "Wget/1.21", "Mozilla/5.0 (X11)"}) EXPECT_EQ(body("", agent), pretty.body);
  EXPECT_EQ(body("?pretty=false", "curl/8.5.0"), plain);
  EXPECT_EQ(body("?pretty=perhaps", "kubectl"), plain);
}

TEST_F(Verbs, BelowTheOldWatchPrefixNothingIsWritten) {
  create("web");
  const std::string prefix = "/apis/berth.dev/v1/watch/namespaces/default/containers";
  EXPECT_STATUS(client_->send("DELETE", prefix + "/web"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("POST", prefix, "{}"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("PUT", prefix + "/web", "{}"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("POST", "/api/v1/watch/namespaces/default/serviceaccounts/default/token", "{}"), 405,
                "MethodNotAllowed");
  EXPECT_EQ(client_->get(item("web")).status, 200);
}

// As upstream's server for custom resources does; its own kinds refuse it.
TEST_F(Verbs, APostToAnItemCreatesWhatTheBodyNames) {
  const auto made = client_->send("POST", item("other"), container("web"));
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(stored("web"));
  EXPECT_FALSE(stored("other"));
  EXPECT_STATUS(client_->send("POST", item("web"), container("web")), 409, "AlreadyExists");
  const std::string map = R"({"metadata":{"name":"m"}})";
  EXPECT_STATUS(client_->send("POST", "/api/v1/namespaces/default/configmaps/m", map), 405, "MethodNotAllowed");
}

TEST_F(Verbs, SaysWhatIsNotServed) {
  for (const char* target :
       {"/", "/nothing", "/favicon.ico", "/metrics", "/apis/apps", "/apis/apps/v1", "/apis/apps/v1/deployments"}) {
    const auto response = client_->get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(response.headers.get("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(response.body, "404 page not found\n");
  }
  for (const char* target :
       {"/api/v2", "/api/v1/nonsense", "/apis/berth.dev/v2", "/apis/berth.dev/v1/nonsense",
        "/apis/berth.dev/v2/containers", "/apis/berth.dev/v1/namespaces/default/hosts",
        "/apis/berth.dev/v1/containers/web", "/apis/berth.dev/v1/namespaces/default/containers/web/log",
        "/api/v1/namespaces/default/configmaps/m/status"}) {
    EXPECT_STATUS(client_->get(target), 404, "NotFound");
  }
  EXPECT_STATUS(client_->send("POST", item("web") + "/status", container("web")), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("POST", "/apis", "{}"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("OPTIONS", kContainers), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("DELETE", item("web") + "/status"), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("PUT", kContainers, container("web")), 400, "BadRequest");
  EXPECT_STATUS(client_->get("/api/v1/secrets/%zz"), 400, "BadRequest");
  EXPECT_STATUS(client_->get(item("web"), {{"Accept", "text/html"}}), 406, "NotAcceptable");
}

struct BadInput {
  std::string name;
  std::string type;
  std::string body;
  int code;
  std::string reason;
  std::string said;
};

class BadInputs : public Verbs, public ::testing::WithParamInterface<BadInput> {};

TEST_P(BadInputs, GetAClearStatusAndAreNotStored) {
  const BadInput& input = GetParam();
  const auto before = resources_->revision();
  const auto response = client_->send("POST", kContainers, input.body, {{"Content-Type", input.type}});
  EXPECT_STATUS(response, input.code, input.reason);
  EXPECT_NE(response.body.find(input.said), std::string::npos) << response.body;
  EXPECT_EQ(resources_->revision(), before);
  EXPECT_FALSE(stored("web"));
}

std::string with_spec(const std::string& spec) {
  return R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":)" + spec + "}";
}

std::string deep(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string alias_bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j > 0 ? ", " : "") + last;
    text += "]\n";
  }
  return text;
}

const std::string kJson = "application/json";
const std::string kYaml = "application/yaml";

INSTANTIATE_TEST_SUITE_P(
    Wire, BadInputs,
    ::testing::Values(
        BadInput{"cut", kJson, "{\"a\":", 400, "BadRequest", ""}, BadInput{"empty", kJson, "", 400, "BadRequest", ""},
        BadInput{"no_object", kJson, "[1]", 400, "BadRequest", ""},
        BadInput{"deep", kJson, deep(100'000), 400, "BadRequest", ""},
        BadInput{"yaml_place", kYaml, "a: 1\nb: [\n", 400, "BadRequest", "line "},
        BadInput{"yaml_depth", kYaml, deep(5'000), 400, "BadRequest", "line "},
        BadInput{"yaml_aliases", kYaml, alias_bomb(), 400, "BadRequest", "line "},
        BadInput{"yaml_two", kYaml, "a: 1\n---\nb: 2\n", 400, "BadRequest", ""},
        BadInput{"text", "text/plain", "hello", 415, "UnsupportedMediaType", "application/json, application/yaml"},
        BadInput{"protobuf", "application/vnd.kubernetes.protobuf", "k8s", 415, "UnsupportedMediaType",
                 "application/json"},
        BadInput{"wrong_type", kJson, with_spec(R"({"host":"local","image":7})"), 422, "Invalid", "spec.image"},
        BadInput{"missing_image", kJson, with_spec(R"({"host":"local"})"), 422, "Invalid", "spec.image"},
        BadInput{"port_range", kJson, with_spec(R"({"host":"local","image":"i","ports":[{"containerPort":70000}]})"),
                 422, "Invalid", "spec.ports[0].containerPort"},
        BadInput{
            "bad_name", kJson,
            R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"W_"},"spec":{"host":"local","image":"i"}})",
            422, "Invalid", "metadata.name"},
        BadInput{
            "wrong_kind", kJson,
            R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"web"},"spec":{"host":"local","image":"i"}})",
            422, "Invalid", "kind"},
        BadInput{
            "wrong_group", kJson,
            R"({"apiVersion":"apps/v1","kind":"Container","metadata":{"name":"web"},"spec":{"host":"local","image":"i"}})",
            400, "BadRequest", ""},
        BadInput{
            "wrong_namespace", kJson,
            R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web","namespace":"other"},"spec":{"host":"local","image":"i"}})",
            400, "BadRequest", "namespace"}),
    [](const ::testing::TestParamInfo<BadInput>& info) { return info.param.name; });

TEST_F(Verbs, ANamespaceThatIsNotThere) {
  EXPECT_STATUS(client_->send("POST", "/apis/berth.dev/v1/namespaces/nowhere/containers", container("web")), 404,
                "NotFound");
}

}  // namespace
}  // namespace berth::api::testing
