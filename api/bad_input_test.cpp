// SPDX-License-Identifier: Apache-2.0
// What clients get wrong, on every verb: each gets a Status with upstream's code and reason, and changes nothing.
#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

struct Call {
  std::string method;
  std::string target;
  std::string body;
  std::string type;
};

class BadInput : public ServerTest {
 protected:
  BadInput() {
    start();
    client_.emplace(admin());
    EXPECT_EQ(client_->send("POST", kContainers, container("web")).status, 201);
    revision_ = resources_->revision();
  }
  ~BadInput() override { EXPECT_EQ(resources_->revision(), revision_) << "nothing was written"; }

  static std::string web() { return std::string(kContainers) + "/web"; }
  static std::string json_type() { return "application/json"; }

  static std::vector<Call> reads() {
    return {{"GET", kContainers, "", ""},       {"GET", web(), "", ""},
            {"GET", web() + "/status", "", ""}, {"GET", std::string(kContainers) + "?watch=true", "", ""},
            {"GET", "/apis", "", ""},           {"GET", "/apis/berth.dev/v1", "", ""},
            {"GET", "/version", "", ""}};
  }
  // Each would succeed as it stands.
  static std::vector<Call> writes() {
    return {
        {"POST", kContainers, container("new"), json_type()},
        {"PUT", web(), container("web", "nginx:2"), json_type()},
        {"PUT", web() + "/status", container("web"), json_type()},
        {"PATCH", web(), R"({"spec":{"image":"nginx:2"}})", "application/merge-patch+json"},
        {"PATCH", web(), R"([{"op":"replace","path":"/spec/image","value":"nginx:2"}])", "application/json-patch+json"},
        {"DELETE", web(), R"({"kind":"DeleteOptions","apiVersion":"v1"})", json_type()},
        {"DELETE", kContainers, R"({"kind":"DeleteOptions","apiVersion":"v1"})", json_type()}};
  }

  base::HttpResponse send(const Call& call, HeaderList headers = {}) {
    if (!call.type.empty()) headers.insert(headers.begin(), {"Content-Type", call.type});
    return client_->send(call.method, call.target, call.body, headers);
  }

  std::optional<Client> client_;
  store::Revision revision_ = 0;
};

TEST_F(BadInput, AnAcceptThatNothingServesIs406) {
  for (const char* accept : {"text/html", "application/json;q=0", "image/*", "nonsense", "application/json;as=Picture",
                             "application/json;as=Table;v=v9;g=meta.k8s.io", "application/cbor"}) {
    for (const Call& call : reads()) {
      SCOPED_TRACE(call.method + " " + call.target + " " + accept);
      EXPECT_STATUS(send(call, {{"Accept", accept}}), 406, "NotAcceptable");
    }
    for (const Call& call : writes()) {
      SCOPED_TRACE(call.method + " " + call.target + " " + accept);
      EXPECT_STATUS(send(call, {{"Accept", accept}}), 406, "NotAcceptable");
    }
  }
}

TEST_F(BadInput, AContentTypeThatNothingReadsIs415) {
  for (const char* type : {"text/plain", "application/xml", "nonsense", "application/x-www-form-urlencoded",
                           "application/cbor", "multipart/form-data; boundary=x"}) {
    for (Call call : writes()) {
      call.type = type;
      SCOPED_TRACE(call.method + " " + call.target + " " + type);
      EXPECT_STATUS(send(call), 415, "UnsupportedMediaType");
    }
  }
}

struct BadQuery {
  std::string query;
  int code;
  std::string reason;
};

TEST_F(BadInput, QueryValuesOfAList) {
  for (const BadQuery& bad :
       {BadQuery{"limit=abc", 400, "BadRequest"}, BadQuery{"limit=99999999999999999999", 400, "BadRequest"},
        BadQuery{"continue=nonsense", 400, "BadRequest"}, BadQuery{"resourceVersion=abc", 400, "BadRequest"},
        BadQuery{"resourceVersion=-1", 400, "BadRequest"},
        BadQuery{"resourceVersion=18446744073709551616", 400, "BadRequest"},
        BadQuery{"resourceVersionMatch=Exact", 422, "Invalid"},
        BadQuery{"resourceVersion=1&resourceVersionMatch=Older", 422, "Invalid"},
        BadQuery{"sendInitialEvents=true", 422, "Invalid"}, BadQuery{"labelSelector=a%3Db%3Dc", 400, "BadRequest"},
        BadQuery{"labelSelector=in%20(", 400, "BadRequest"},
        BadQuery{"fieldSelector=spec.nonsense%3D1", 400, "BadRequest"},
        BadQuery{"labelSelector=" + std::string(20'000, 'a'), 400, "BadRequest"}}) {
    SCOPED_TRACE(bad.query.substr(0, 100));
    const auto response = client_->get(std::string(kContainers) + "?" + bad.query);
    EXPECT_STATUS(response, bad.code, bad.reason);
    EXPECT_LT(response.body.size(), 50'000u);
  }
}

TEST_F(BadInput, QueryValuesOfAWatch) {
  for (const BadQuery& bad :
       {BadQuery{"timeoutSeconds=abc", 400, "BadRequest"}, BadQuery{"timeoutSeconds=-1", 400, "BadRequest"},
        BadQuery{"resourceVersion=abc", 400, "BadRequest"},
        BadQuery{"resourceVersionMatch=NotOlderThan", 422, "Invalid"},
        BadQuery{"sendInitialEvents=true", 422, "Invalid"},
        BadQuery{"sendInitialEvents=true&resourceVersionMatch=Exact", 422, "Invalid"},
        BadQuery{"labelSelector=%21%21", 400, "BadRequest"}}) {
    SCOPED_TRACE(bad.query);
    EXPECT_STATUS(client_->get(std::string(kContainers) + "?watch=true&" + bad.query), bad.code, bad.reason);
  }
}

TEST_F(BadInput, QueryValuesOfAWrite) {
  for (const Call& call : writes()) {
    if (call.method == "DELETE") continue;
    for (const BadQuery& bad :
         {BadQuery{"dryRun=Some", 422, "Invalid"}, BadQuery{"fieldValidation=Loud", 422, "Invalid"},
          BadQuery{"fieldManager=" + std::string(129, 'm'), 422, "Invalid"},
          BadQuery{"fieldManager=a%07b", 422, "Invalid"}}) {
      Call asked = call;
      asked.target += "?" + bad.query;
      SCOPED_TRACE(asked.method + " " + asked.target);
      EXPECT_STATUS(send(asked), bad.code, bad.reason);
    }
  }
  for (const char* query : {"dryRun=Some", "propagationPolicy=Sideways"}) {
    for (const std::string& target : {web(), std::string(kContainers)}) {
      EXPECT_STATUS(client_->send("DELETE", target + "?" + query), 422, "Invalid");
    }
  }
}

TEST_F(BadInput, EveryTruncatedBodyIs400) {
  for (const Call& call : writes()) {
    for (std::size_t size = 1; size < call.body.size(); size += 3) {
      Call cut = call;
      cut.body.resize(size);
      SCOPED_TRACE(call.method + " " + cut.body);
      EXPECT_STATUS(send(cut), 400, "BadRequest");
    }
  }
}

TEST_F(BadInput, ABodyThatIsNoUtf8Is400) {
  for (Call call : writes()) {
    call.body.insert(call.body.find('"') + 1, "\xff\xc0");
    SCOPED_TRACE(call.method + " " + call.target);
    EXPECT_STATUS(send(call), 400, "BadRequest");
  }
}

TEST_F(BadInput, AConnectionThatEndsInsideABodyChangesNothing) {
  for (const Call& call : writes()) {
    Client client = admin();
    client.write(call.method + " " + call.target + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + call.type +
                 "\r\nContent-Length: " + std::to_string(call.body.size() + 1) + "\r\n\r\n" + call.body);
    client.close();
  }
  await_metric("berth_api_connections", 1);
}

TEST_F(BadInput, DepthIsRefusedInEveryBody) {
  const std::size_t depth = 500'000;
  const std::string lists = std::string(depth, '[') + std::string(depth, ']');
  std::string objects;
  for (std::size_t i = 0; i < depth; ++i) objects += R"({"a":)";
  const std::string yaml_flow = std::string(10'000, '{') + std::string(10'000, '}');
  for (const Call& call : writes()) {
    for (const std::string& body : {lists, objects}) {
      Call deep = call;
      deep.body = body;
      SCOPED_TRACE(call.method + " " + call.target);
      EXPECT_STATUS(send(deep), 400, "BadRequest");
    }
    if (call.method == "PATCH") continue;
    Call deep = call;
    deep.body = yaml_flow;
    deep.type = "application/yaml";
    EXPECT_STATUS(send(deep), 400, "BadRequest");
  }
}

std::string with_spec(const std::string& more) {
  return R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"web"},"spec":{"host":"local",)"
         R"("image":"nginx",)" +
         more + "}}";
}

std::string repeated(const std::string& part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + part;
  return text;
}

// The answers to wide bodies are small, whatever there was to say.
TEST_F(BadInput, WidthIsRefusedInFewWords) {
  std::string unknown;
  for (int i = 0; i < 100'000; ++i) unknown += (i > 0 ? "," : "") + std::string("\"f") + std::to_string(i) + "\":1";
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"ports", with_spec(R"("ports":[)" + repeated("{}", 500'000) + "]")},
      {"bad ports", with_spec(R"("ports":[)" + repeated(R"({"containerPort":70000})", 100'000) + "]")},
      {"numbers for strings", with_spec(R"("args":[)" + repeated("1", 1'000'000) + "]")},
      {"nulls", with_spec(R"("args":[)" + repeated("null", 500'000) + "]")},
      {"mounts", with_spec(R"("mounts":[)" + repeated(R"({"type":"Sideways"})", 100'000) + "]")}};
  for (const auto& [name, body] : bodies) {
    SCOPED_TRACE(name);
    const auto posted = client_->send("POST", kContainers, body);
    EXPECT_STATUS(posted, 422, "Invalid");
    EXPECT_LT(posted.body.size(), 64'000u);
    const auto put = client_->send("PUT", web(), body);
    EXPECT_EQ(put.status, 422);
    EXPECT_LT(put.body.size(), 64'000u);
  }
  const auto strict = client_->send("POST", std::string(kContainers) + "?fieldValidation=Strict", with_spec(unknown));
  EXPECT_STATUS(strict, 400, "BadRequest");
  EXPECT_LT(strict.body.size(), 32'000u);
  const auto patched = client_->send("PATCH", web() + "?fieldValidation=Strict", R"({"spec":{)" + unknown + "}}",
                                     {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_STATUS(patched, 422, "Invalid");
  EXPECT_LT(patched.body.size(), 64'000u);
}

TEST_F(BadInput, MethodsThatMeanNothingAre405) {
  for (const char* method : {"OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"}) {
    SCOPED_TRACE(method);
    EXPECT_STATUS(client_->send(method, web()), 405, "MethodNotAllowed");
  }
  EXPECT_STATUS(client_->send("POST", web() + "/status", container("web")), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("DELETE", web() + "/status"), 405, "MethodNotAllowed");
}

TEST_F(BadInput, PathsThatHideSomethingAre400) {
  for (const char* target :
       {"/apis/berth.dev/v1/namespaces/..%2fdefault/containers", "/api/v1/namespaces/%2e%2e/secrets",
        "/api/v1/namespaces/a%00b/secrets", "/api/v1/namespaces/%/secrets", "/api/v1/../v1/pods"}) {
    SCOPED_TRACE(target);
    EXPECT_STATUS(client_->get(target), 400, "BadRequest");
  }
}

}  // namespace
}  // namespace berth::api::testing
