// SPDX-License-Identifier: Apache-2.0
// Connections: pipelining, limits, broken requests, too many of them, and the drain.
#include <future>

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

class Wire : public ServerTest {};

std::string request(const std::string& method, const std::string& target, const std::string& more = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(Wire, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Client client = admin();
  client.write(request("GET", "/livez") + request("GET", kMaps + "/absent") +
               request("GET", "/version", "Connection: close\r\n"));
  const std::string answers = client.read_to_end();
  EXPECT_EQ(count(answers, "HTTP/1.1 "), 3u);
  const auto first = answers.find("\r\n\r\nok");
  const auto second = answers.find("\"NotFound\"");
  const auto third = answers.find("gitVersion");
  EXPECT_TRUE(first < second && second < third && third != std::string::npos) << answers;
}

TEST_F(Wire, AWatchKeepsWhatIsPipelinedBehindIt) {
  start();
  Client client = admin();
  client.write(request("GET", kMaps + "?watch=true&timeoutSeconds=1") +
               request("GET", "/version", "Connection: close\r\n"));
  EXPECT_NE(client.read_to_end().find("gitVersion"), std::string::npos);
}

TEST_F(Wire, ABodyPastTheLimitIs413) {
  start();
  Client client = admin();
  const auto response = client.send("POST", kContainers, std::string(4 * 1024 * 1024, ' '));
  EXPECT_STATUS(response, 413, "RequestEntityTooLarge");
  EXPECT_EQ(admin().get("/livez").status, 200);
}

TEST_F(Wire, BrokenRequestsGetAStatusAndAreCut) {
  start();
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), request("POST", kMaps, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
        request("GET", "/livez", "X: " + std::string(70'000, 'a') + "\r\n"),
        std::string("GET /livez HTTP/1.1\r\n\r\n")}) {
    Client client = admin();
    client.write(bytes);
    const std::string answer = client.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << answer;
    EXPECT_NE(answer.find("\"kind\":\"Status\""), std::string::npos) << answer;
  }
}

// A body is memory: who lacks the right, or a place among the requests in flight, is answered by the head alone.
TEST_F(Wire, ABodyIsReadForThoseAloneWhoMayWrite) {
  options_.max_writes = 0;
  start();
  const std::string announced = "Content-Length: 3000000\r\n";  // and never sent
  Client refused = admin();
  refused.write(request("POST", kContainers, announced + "Impersonate-User: nobody\r\n"));
  EXPECT_TRUE(refused.read_until("\r\n").starts_with("HTTP/1.1 403 "));
  Client waiting = admin();
  waiting.write(request("POST", kContainers, announced));
  EXPECT_TRUE(waiting.read_until("\r\n").starts_with("HTTP/1.1 429 "));
}

TEST_F(Wire, ARefusedRequestWithASmallBodyLeavesTheConnection) {
  start();
  Client client = admin();
  client.write(request("POST", kContainers, "Content-Length: 2\r\nImpersonate-User: nobody\r\n") + "{}" +
               request("GET", "/version", "Connection: close\r\n"));
  const std::string answers = client.read_to_end();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 403 ")) << answers;
  EXPECT_NE(answers.find("gitVersion"), std::string::npos) << answers;
}

TEST_F(Wire, SlowHeadersAndHalfRequestsAreCut) {
  options_.limits.header_timeout = std::chrono::milliseconds(200);
  options_.limits.body_timeout = std::chrono::milliseconds(200);
  start();
  for (const std::string& bytes :
       {std::string("GET /livez HT"), request("POST", kMaps, "Content-Length: 100\r\n") + "{"}) {
    Client client = admin();
    client.write(bytes);
    EXPECT_EQ(client.read_to_end().find("200 OK"), std::string::npos);
  }
  {
    Client client = admin();
    client.write("GET /livez HT");
  }
  await_metric("berth_api_connections", 0);
}

TEST_F(Wire, ConnectionsPastTheLimitAreClosed) {
  options_.max_connections = 2;
  start();
  std::optional<Client> first(admin());
  std::optional<Client> second(admin());
  EXPECT_EQ(first->get("/livez").status, 200);
  EXPECT_EQ(second->get("/livez").status, 200);
  EXPECT_THROW(admin().get("/livez"), base::Status);
  EXPECT_EQ(metric("berth_api_connections_refused_total"), 1);
  first.reset();
  await_metric("berth_api_connections", 1);
  EXPECT_EQ(second->get("/livez").status, 200);
}

TEST_F(Wire, RequestsPastTheLaneAre429) {
  options_.max_reads = 0;
  options_.max_writes = 0;
  start();
  Client client = admin();
  const auto refused = client.get(kMaps);
  EXPECT_STATUS(refused, 429, "TooManyRequests");
  EXPECT_EQ(refused.headers.get("Retry-After"), "1");
  EXPECT_STATUS(client.send("POST", kContainers, container("web")), 429, "TooManyRequests");
  EXPECT_EQ(client.get("/readyz").status, 200);
  Client watcher = admin();
  EXPECT_EQ(watcher.begin(kMaps + "?watch=true").status, 200) << "watches do not count";
}

TEST_F(Wire, OneWhoActsAsManyHasTheShareOfOne) {
  options_.max_reads = 5;
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(admin());
    // It waits for a revision that does not come.
    clients.back().write("GET " + kMaps + "?resourceVersion=1000000 HTTP/1.1\r\nHost: h\r\nImpersonate-Group: " +
                         "system:masters\r\nImpersonate-User: user" + std::to_string(i) + "\r\n\r\n");
  }
  int refused = 0;
  for (Client& client : clients) refused += client.read_until("\r\n").starts_with("HTTP/1.1 429") ? 1 : 0;
  EXPECT_EQ(refused, 4) << "one place is left to others";
}

TEST_F(Wire, ASlowReaderOfAListKeepsNoPlace) {
  options_.max_reads = 1;
  start();
  Client writer = admin();
  const std::string megabyte(1'000'000, 'x');
  // More than the kernel takes for a peer that does not read.
  for (int i = 0; i < 24; ++i) {
    const std::string name = "m" + std::to_string(i);
    const auto made = writer.send("POST", kMaps,
                                  R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
                                      R"("},"data":{"k":")" + megabyte + "\"}}");
    ASSERT_EQ(made.status, 201) << made.body;
  }
  Client slow = admin();
  slow.write(request("GET", kMaps));
  EXPECT_TRUE(slow.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
  EXPECT_EQ(writer.get(kMaps + "/m1").status, 200);
  EXPECT_EQ(metric(R"(berth_api_requests_total{code="200",resource="configmaps",verb="list"})"), 0) << "not done yet";
}

TEST_F(Wire, RequestsAreCounted) {
  start();
  Client client = admin();
  client.get(kMaps);
  client.get(kMaps);
  client.get(kMaps + "/absent");
  // Counted after the answer was written.
  await_metric(R"(berth_api_requests_total{code="404",resource="configmaps",verb="get"})", 1);
  EXPECT_EQ(metric(R"(berth_api_requests_total{code="200",resource="configmaps",verb="list"})"), 2);
  EXPECT_EQ(metric(R"(berth_api_request_seconds_count{resource="configmaps",verb="list"})"), 2);
}

TEST_F(Wire, DrainEndsWatchesCleanlyAndClosesIdleConnections) {
  start();
  Client idle = admin();
  Client watcher = admin();
  EXPECT_EQ(idle.get("/livez").status, 200);
  watcher.begin(kMaps + "?watch=true&allowWatchBookmarks=true");
  await_metric("berth_api_watches", 1);
  drain(std::chrono::seconds(30));
  const base::Json bookmark = watcher.next_event();
  EXPECT_EQ(base::string_at(bookmark, "type"), "BOOKMARK");
  EXPECT_FALSE(watcher.next_line()) << "a chunked end, no reset";
  EXPECT_THROW(idle.get("/livez"), base::Status);
  EXPECT_THROW(admin(), base::Status) << "nothing is accepted any more";
  EXPECT_EQ(metric("berth_api_connections"), 0);
}

TEST_F(Wire, DrainWaitsForNoHalfSentHead) {
  options_.limits.header_timeout = std::chrono::hours(1);
  start();
  Client half = admin();
  EXPECT_EQ(half.get("/livez").status, 200);
  half.write("GET /livez HT");
  Client young = admin();
  young.write("GET");
  await_metric("berth_api_connections", 2);
  ::testing::internal::CaptureStderr();
  drain(std::chrono::seconds(20));
  EXPECT_EQ(::testing::internal::GetCapturedStderr().find("connections are cut"), std::string::npos);
  EXPECT_EQ(metric("berth_api_connections"), 0);
}

TEST_F(Wire, DrainFinishesTheRequestAtHand) {
  start();
  Client client = admin();
  const std::string body = container("web");
  client.write(
      request("POST", kContainers, "Content-Length: " + std::to_string(body.size()) + "\r\nExpect: 100-continue\r\n"));
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  // The second connection is on the second loop, which hears of the drain last.
  Client watcher = admin();
  watcher.begin(kMaps + "?watch=true");
  auto draining = std::async(std::launch::async, [this] { drain(std::chrono::seconds(30)); });
  EXPECT_FALSE(watcher.next_line());
  client.write(body);
  const std::string said = client.read_to_end();
  draining.get();
  EXPECT_NE(said.find("201 Created"), std::string::npos) << said;
  EXPECT_NE(said.find("Connection: close"), std::string::npos) << said;
}

TEST_F(Wire, DrainCutsWhatDoesNotEnd) {
  start();
  Client client = admin();
  client.write(request("POST", kContainers, "Content-Length: 100\r\nExpect: 100-continue\r\n"));
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  drain(std::chrono::milliseconds(50));
  EXPECT_EQ(metric("berth_api_connections"), 0);
}

}  // namespace
}  // namespace berth::api::testing
