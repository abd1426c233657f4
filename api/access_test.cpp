// SPDX-License-Identifier: Apache-2.0
// Who gets in: credentials, certificates, tokens, and what needs none.
#include <fstream>

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

class Access : public ServerTest {
 protected:
  Access() {
    const auto path = folder_ / "tokens.csv";
    std::ofstream(path) << "alice-token,alice,1,\"dev\"\nroot-token,root,2,\"system:masters\"\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    options_.token_file = path;
  }
};

HeaderList bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

TEST_F(Access, NeedsCredentialsOnEverythingButHealth) {
  start();
  Client client = anonymous();
  for (const char* target : {"/", "/api", "/apis", "/apis/berth.dev/v1", "/version", "/api/v1/secrets", "/metrics",
                             "/nothing", "/api/v1/secrets?watch=true"}) {
    EXPECT_STATUS(client.get(target), 401, "Unauthorized");
  }
  EXPECT_STATUS(anonymous().send("POST", kContainers, container("web")), 401, "Unauthorized");
  for (const char* target : {"/livez", "/readyz", "/healthz"}) {
    const auto response = client.get(target);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "ok");
  }
  EXPECT_FALSE(resources_->find(schemas::Catalog::instance().by_name("Container"), "default", "web"));
}

// The answer comes although not a byte of the body does.
TEST_F(Access, ReadsNoBodyOfAStranger) {
  start();
  Client client = anonymous();
  client.write(std::string("POST ") + kContainers + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n").substr(0, 12), "HTTP/1.1 401");
  client.close();
}

TEST_F(Access, TakesTokensOfTheFile) {
  start();
  Client client = anonymous();
  EXPECT_EQ(client.get(kContainers, bearer("root-token")).status, 200);
  EXPECT_STATUS(client.get(kContainers, bearer("root-toke")), 401, "Unauthorized");
  EXPECT_STATUS(client.get(kContainers, {{"Authorization", "Basic cm9vdDpyb290"}}), 401, "Unauthorized");
}

TEST_F(Access, DeniesByDefault) {
  start();
  Client client = anonymous();
  const auto response = client.get(std::string(kContainers) + "/x", bearer("alice-token"));
  EXPECT_STATUS(response, 403, "Forbidden");
  EXPECT_EQ(base::string_at(base::parse_json(response.body), "message"),
            "containers.berth.dev \"x\" is forbidden: User \"alice\" cannot get resource \"containers\" in API group "
            "\"berth.dev\" in the namespace \"default\"");
  EXPECT_EQ(client.get("/apis", bearer("alice-token")).status, 200) << "discovery is for whoever is authenticated";
  EXPECT_STATUS(client.send("POST", kContainers, container("web"), bearer("alice-token")), 403, "Forbidden");
  EXPECT_STATUS(client.get("/nothing", bearer("alice-token")), 403, "Forbidden");
  EXPECT_FALSE(resources_->find(schemas::Catalog::instance().by_name("Container"), "default", "web"));
}

TEST_F(Access, PutsADenialOnRecord) {
  start();
  Client client = anonymous();
  client.get(std::string(kContainers) + "/x", bearer("alice-token"));
  const auto records = store_->read_journal("audit", 1, 1000);
  ASSERT_FALSE(records.empty());
  EXPECT_NE(records.back().bytes.find("alice"), std::string::npos) << records.back().bytes;
  EXPECT_EQ(records.back().bytes.find("alice-token"), std::string::npos);
}

TEST_F(Access, CertificatesNameUserAndGroups) {
  start();
  EXPECT_EQ(admin().get(kContainers).status, 200);
  base::LeafRequest request;
  request.common_name = "carol";
  request.organizations = {"dev"};
  const auto carol = base::make_leaf(pki_.ca, request, base::real_clock().now());
  Client client(client_loop_, port(), pki_.ca.certificate, carol);
  const auto response = client.get(kContainers);
  EXPECT_STATUS(response, 403, "Forbidden");
  EXPECT_NE(response.body.find("carol"), std::string::npos);
}

TEST_F(Access, ACertificateOfAnotherAuthorityGetsNoAnswer) {
  start();
  const auto other = base::make_ca("other", base::real_clock().now());
  base::LeafRequest request;
  request.common_name = "berth-admin";
  request.organizations = {"system:masters"};
  const auto mallory = base::make_leaf(other, request, base::real_clock().now());
  // TLS 1.3 tells the client with its first read.
  EXPECT_THROW(Client(client_loop_, port(), pki_.ca.certificate, mallory).get("/livez"), base::Status);
  EXPECT_EQ(anonymous().get("/livez").status, 200);
}

TEST_F(Access, ThePlainPortIsForLoopbackOnly) {
  options_.tls.reset();
  options_.listen = "0.0.0.0:0";
  try {
    Server server(options_);
    ADD_FAILURE() << "plain HTTP off loopback was taken";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), base::Reason::Forbidden);
    EXPECT_NE(status.message().find("0.0.0.0:0"), std::string::npos);
  }
  options_.listen = "127.0.0.1:0";
  start();
  Client client(client_loop_, port(), "", std::nullopt);
  EXPECT_EQ(client.get("/livez").status, 200);
  EXPECT_STATUS(client.get("/api"), 401, "Unauthorized");
  EXPECT_EQ(client.get("/api", bearer("root-token")).status, 200);
}

TEST_F(Access, ABadTokenFileStopsTheStart) {
  std::ofstream(options_.token_file) << "only-a-token\n";
  EXPECT_THROW(Server{options_}, base::Status);
  options_.token_file = folder_ / "absent.csv";
  EXPECT_THROW(Server{options_}, base::Status);
}

TEST_F(Access, EchoesARequestIdOrMakesOne) {
  start();
  Client client = admin();
  const auto given = client.get("/version", {{"X-Request-Id", "abc-1.2_3"}});
  EXPECT_EQ(given.headers.get("X-Request-Id"), "abc-1.2_3");
  EXPECT_EQ(given.headers.get("Audit-Id"), "abc-1.2_3");
  EXPECT_EQ(given.headers.get("Cache-Control"), "no-cache, private");
  const auto odd = client.get("/version", {{"X-Request-Id", "a\"b"}});
  EXPECT_EQ(odd.headers.get("X-Request-Id").size(), 36u);
}

TEST_F(Access, HealthSaysWhichCheckFails) {
  bool writable = false;
  options_.readiness = [&writable] { return HealthReport{{"store", writable, "the disk is full"}}; };
  start();
  Client client = anonymous();
  EXPECT_EQ(client.get("/livez").status, 200);
  const auto failing = client.get("/readyz");
  EXPECT_EQ(failing.status, 500);
  EXPECT_NE(failing.body.find("[-]store failed: reason withheld"), std::string::npos);
  EXPECT_EQ(failing.body.find("disk"), std::string::npos);
  EXPECT_EQ(client.get("/readyz/ping").status, 200);
  EXPECT_STATUS(client.get("/readyz/absent"), 404, "NotFound");
  const auto head = client.send("HEAD", "/healthz");
  EXPECT_EQ(head.status, 500);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(client.get("/livez?verbose").body, "[+]ping ok\nlivez check passed\n");
  EXPECT_STATUS(client.send("POST", "/livez"), 401, "Unauthorized");
}

}  // namespace
}  // namespace berth::api::testing
