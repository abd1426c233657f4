// SPDX-License-Identifier: Apache-2.0
#include "api/metrics_server.hpp"

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

class Scrapes : public ::testing::Test {
 protected:
  ~Scrapes() override {
    if (server_) client_loop_.run_and_wait([this] { return server_->stop(); });
  }
  void start(MetricsServerOptions options) {
    options.metrics = &metrics_;
    server_ = std::make_unique<MetricsServer>(std::move(options));
    server_->start(loop_.executor());
  }

  base::Metrics metrics_;
  base::Loop loop_{"metrics"};
  base::Loop client_loop_{"client"};
  std::unique_ptr<MetricsServer> server_;
};

TEST_F(Scrapes, GetMetricsAndNothingElse) {
  metrics_.counter("berth_test_total", "For this test.").increment();
  start({.listen = "127.0.0.1:0"});
  Client client(client_loop_, server_->port(), "", std::nullopt);
  const auto response = client.get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), base::Metrics::kContentType);
  EXPECT_NE(response.body.find("berth_test_total 1"), std::string::npos);
  EXPECT_EQ(client.get("/").status, 404);
  EXPECT_EQ(client.get("/livez").status, 404);
  EXPECT_EQ(client.send("DELETE", "/metrics").status, 405);
}

TEST_F(Scrapes, OffLoopbackOnlyWithTls) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:7444", "example.com:1", ":7444"}) {
    try {
      MetricsServer server({.listen = address});
      ADD_FAILURE() << address;
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::Forbidden);
      EXPECT_NE(status.message().find("--metrics-listen"), std::string::npos) << status.message();
    }
  }
  const auto ca = base::make_ca("test", base::real_clock().now());
  base::LeafRequest request;
  request.common_name = "metrics";
  request.ip_addresses = {"127.0.0.1"};
  request.for_server = true;
  start({.listen = "0.0.0.0:0", .tls = base::make_leaf(ca, request, base::real_clock().now())});
  Client client(client_loop_, server_->port(), ca.certificate, std::nullopt);
  EXPECT_EQ(client.get("/metrics").status, 200);
}

}  // namespace
}  // namespace berth::api::testing
