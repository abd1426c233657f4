// SPDX-License-Identifier: Apache-2.0
// What goes wrong between a client and an engine; what goes right is in tests/engine_suite.
#include "docker/client.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "docker/wire.hpp"
#include "tests/fake_engine/fake_engine.hpp"
#include "tests/fake_engine/on_loop.hpp"

namespace berth::docker {
namespace {

using base::JsonArray;
using base::JsonObject;
using base::Reason;
using base::string_at;
using fake_engine::FakeEngine;
using fake_engine::Flavour;

const Json kBody = JsonObject{{"Image", "busybox"}, {"StopSignal", "SIGTERM"}};

class ClientTest : public testing::Test {
 protected:
  void use(Flavour flavour) {
    drop_client();
    fake_ = std::make_unique<FakeEngine>(fake_engine::FakeEngineOptions{"", flavour, {"busybox"}});
    client_ = Client::make(unix_connector(fake_->socket_path()), "host", metrics_);
  }
  void SetUp() override { use(Flavour::Engine20); }
  void TearDown() override { drop_client(); }
  void drop_client() {
    if (client_) fake_engine::on_loop(loop_, fake_engine::destroy(client_));
  }

  template <class T>
  T wait(Task<T> task) {
    return fake_engine::on_loop(loop_, std::move(task));
  }
  template <class T>
  std::optional<Reason> failure(Task<T> task) {
    try {
      wait(std::move(task));
    } catch (const base::Status& status) {
      message_ = status.message();
      return status.reason();
    }
    return std::nullopt;
  }
  bool said(std::string_view words) const { return message_.find(words) != std::string::npos; }

  base::Loop loop_{"client"};
  base::Metrics metrics_;
  std::unique_ptr<FakeEngine> fake_;
  std::unique_ptr<Client> client_;
  std::string message_;
};

TEST_F(ClientTest, AReadOnAConnectionThatDiedIsSentAgainOnce) {
  wait(client_->list_containers());
  fake_->cut_before_effect("container_list");
  wait(client_->list_containers());
  EXPECT_EQ(fake_->calls("container_list"), 3u);
  fake_->cut_before_effect("container_list", 2);
  EXPECT_EQ(failure(client_->list_containers()), Reason::ServiceUnavailable);
  EXPECT_EQ(fake_->calls("container_list"), 5u);
}

TEST_F(ClientTest, AWriteIsNeverSentTwice) {
  fake_->run("web", kBody);
  wait(client_->list_containers());
  fake_->cut_after_effect("container_kill");
  EXPECT_EQ(failure(client_->kill_container("web", "KILL")), Reason::ServiceUnavailable);
  EXPECT_TRUE(said("whether the engine did it is not known")) << message_;
  EXPECT_EQ(fake_->calls("container_kill"), 1u);
  EXPECT_TRUE(fake_->running().empty());
}

TEST_F(ClientTest, AnEngineThatIsAwayIsSaidInTheTransportsWords) {
  wait(client_->ping());
  fake_->go_away();
  EXPECT_EQ(failure(client_->list_containers()), Reason::ServiceUnavailable);
  EXPECT_TRUE(said(fake_->socket_path())) << message_;
  fake_->come_back();
  wait(client_->list_containers());
}

TEST_F(ClientTest, TheVersionIsAskedForAgainAfterAReconnect) {
  wait(client_->list_containers());
  EXPECT_EQ(client_->api(), (ApiVersion{1, 41}));
  const std::string path = fake_->socket_path();
  fake_->go_away();
  FakeEngine newer({path, Flavour::Engine29, {"busybox"}});
  wait(client_->list_containers());
  EXPECT_EQ(client_->api(), (ApiVersion{1, 55}));
  EXPECT_EQ(newer.calls("ping"), 1u);
}

TEST_F(ClientTest, ARefusedVersionIsNegotiatedAgain) {
  wait(client_->list_containers());
  fake_->fail("container_list", 400, "client version 1.41 is too new. Maximum supported API version is 1.40");
  wait(client_->list_containers());
  EXPECT_EQ(fake_->calls("ping"), 2u);
  EXPECT_EQ(fake_->calls("container_list"), 3u);
}

TEST_F(ClientTest, ACallThatHangsEndsAtItsDeadline) {
  Wire wire(unix_connector(fake_->socket_path()), "wire", metrics_);
  fake_->hang("container_list");
  Call call;
  call.operation = "container_list";
  call.path = "/containers/json";
  call.limit = std::chrono::milliseconds(50);
  EXPECT_EQ(failure(wire.send(call)), Reason::Timeout);
  EXPECT_TRUE(said("container_list: no answer within 50 ms")) << message_;
  fake_->release("container_list");
  call.limit = std::chrono::seconds(30);
  EXPECT_EQ(failure(wire.send(call)), std::nullopt);
  wire.close();
}

class CountingConnector final : public Connector {
 public:
  CountingConnector(std::string path, int& suspected)
      : under_(unix_connector(std::move(path))), suspected_(suspected) {}
  base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit) override {
    return under_->connect(limit);
  }
  std::string describe() const override { return under_->describe(); }
  LinkReport report() const override { return under_->report(); }
  void suspect() override { ++suspected_; }

 private:
  std::unique_ptr<Connector> under_;
  int& suspected_;
};

TEST_F(ClientTest, AWayOnWhichNothingComesBackIsSuspected) {
  int suspected = 0;
  Wire wire(std::make_unique<CountingConnector>(fake_->socket_path(), suspected), "wire", metrics_);
  Call call;
  call.operation = "container_list";
  call.path = "/containers/json";
  EXPECT_EQ(failure(wire.send(call)), std::nullopt);
  EXPECT_EQ(suspected, 0);
  fake_->hang("container_list");
  call.limit = std::chrono::milliseconds(20);
  EXPECT_EQ(failure(wire.send(call)), Reason::Timeout);
  EXPECT_EQ(suspected, 1);
  fake_->release("container_list");
  wire.close();
  EXPECT_EQ(suspected, 2);
}

TEST_F(ClientTest, CallsAreCountedByOperationAndOutcome) {
  fake_->run("web", kBody);
  wait(client_->kill_container("web", ""));
  EXPECT_EQ(failure(client_->kill_container("web", "")), Reason::Conflict);
  const std::string text = metrics_.expose();
  EXPECT_NE(text.find(R"(berth_engine_calls_total{host="host",operation="container_kill",outcome="ok"} 1)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(berth_engine_calls_total{host="host",operation="container_kill",outcome="refused"} 1)"),
            std::string::npos);
  EXPECT_NE(text.find(R"(berth_engine_writes_total{host="host"} 2)"), std::string::npos);
}

TEST_F(ClientTest, AStopWithASignalIsOneCallWhereTheEngineKnowsIt) {
  use(Flavour::Engine29);
  fake_->run("web", kBody);
  wait(client_->stop_container("web", 5, "INT"));
  EXPECT_EQ(fake_->writes(), 1u);
  EXPECT_EQ(base::int_at(fake_->inspect("web"), "State.ExitCode"), 130);
}

TEST_F(ClientTest, AStopWithASignalIsKillWaitKillWhereItDoesNot) {
  fake_->run("web", kBody);
  wait(client_->stop_container("web", 5, "INT"));
  EXPECT_EQ(fake_->calls("container_stop"), 0u);
  EXPECT_EQ(fake_->calls("container_kill"), 1u);
  EXPECT_EQ(base::int_at(fake_->inspect("web"), "State.ExitCode"), 130);
  fake_->start("web");
  wait(client_->stop_container("web", 0, "USR1"));
  EXPECT_EQ(fake_->calls("container_kill"), 3u);
  EXPECT_EQ(base::int_at(fake_->inspect("web"), "State.ExitCode"), 137);
}

TEST_F(ClientTest, ACreateThatCannotJoinItsSecondNetworkLeavesNothing) {
  wait(client_->create_network(JsonObject{{"Name", "a"}}));
  wait(client_->create_network(JsonObject{{"Name", "b"}}));
  fake_->fail("network_connect", 500, "no address left");
  Json body = kBody;
  body.as_object()["NetworkingConfig"] =
      JsonObject{{"EndpointsConfig", JsonObject{{"a", JsonObject{}}, {"b", JsonObject{}}}}};
  EXPECT_EQ(failure(client_->create_container("web", body, "")), Reason::InternalError);
  EXPECT_TRUE(said("no address left"));
  EXPECT_TRUE(fake_->containers().empty());
}

TEST_F(ClientTest, APullReadsItsStreamToTheEnd) {
  fake_->add_to_registry("ghcr.io/a/b:2", "content");
  const PullResult result = wait(client_->pull_image({"ghcr.io/a/b:2", "", "c2VjcmV0"}));
  EXPECT_TRUE(result.digest.starts_with("sha256:")) << result.digest;
  EXPECT_EQ(fake_->last_auth(), "c2VjcmV0");
  EXPECT_FALSE(fake_->image_id("ghcr.io/a/b:2").empty());
  EXPECT_FALSE(fake_->image_id("ghcr.io/a/b@" + result.digest).empty());
}

TEST_F(ClientTest, APullWithoutATagAsksForLatest) {
  fake_->add_to_registry("nginx", "content");
  wait(client_->pull_image({"nginx", "", ""}));
  EXPECT_FALSE(fake_->image_id("nginx:latest").empty());
}

TEST_F(ClientTest, APullThatFailsSaysWhy) {
  EXPECT_EQ(failure(client_->pull_image({"absent", "", ""})), Reason::Unauthorized);
  EXPECT_TRUE(said("pull access denied for absent")) << message_;
  fake_->fail("image_pull", 500, "toomanyrequests: rate limit");
  EXPECT_EQ(failure(client_->pull_image({"nginx", "", ""})), Reason::TooManyRequests);
  fake_->fail("image_pull", 200, "manifest unknown");  // after the stream began
  EXPECT_EQ(failure(client_->pull_image({"nginx", "", ""})), Reason::NotFound);
  fake_->add_to_registry("nginx");
  EXPECT_EQ(failure(client_->pull_image({"nginx", "linux/arm64", ""})), Reason::NotFound);
  EXPECT_TRUE(said("is for linux/amd64, not for linux/arm64")) << message_;
  EXPECT_EQ(failure(client_->pull_image({"nginx", "linux/amd64", ""})), std::nullopt);
}

TEST_F(ClientTest, FilesArriveWithTheirModes) {
  wait(client_->create_container("web", kBody, ""));
  wait(client_->put_archive("web", "/", make_tar({{"etc/app.conf", "x", 0600}})));
  EXPECT_EQ(fake_->files("web").at("/etc/app.conf"), (fake_engine::FakeFile{"x", 0600}));
}

TEST_F(ClientTest, TheMacAddressTakesEffectOnEveryEngine) {
  for (const Flavour flavour : {Flavour::Engine20, Flavour::Engine29}) {
    use(flavour);
    wait(client_->create_network(JsonObject{{"Name", "n"}}));
    const JsonObject endpoint{{"MacAddress", "02:00:00:00:00:07"}};
    Json body = kBody;
    body.as_object()["HostConfig"] = JsonObject{{"NetworkMode", "n"}};
    body.as_object()["NetworkingConfig"] = JsonObject{{"EndpointsConfig", JsonObject{{"n", endpoint}}}};
    wait(client_->create_container("web", body, ""));
    EXPECT_EQ(string_at(fake_->inspect("web"), "NetworkSettings.Networks.n.MacAddress"), "02:00:00:00:00:07");
  }
}

TEST_F(ClientTest, TheEndOfAnEventStreamIsAnError) {
  std::unique_ptr<EventStream> stream = wait(client_->events(0));
  fake_->cut_events();
  EXPECT_EQ(failure(stream->next()), Reason::ServiceUnavailable);
  wait(fake_engine::destroy(stream));
}

TEST_F(ClientTest, HealthEventsCarryTheirDetail) {
  Json body = kBody;
  body.as_object()["Healthcheck"] = JsonObject{{"Test", JsonArray{"CMD", "true"}}};
  fake_->run("web", body);
  std::unique_ptr<EventStream> stream = wait(client_->events(0));
  fake_->set_health("web", "healthy");
  const EngineEvent event = wait(stream->next());
  EXPECT_EQ(event.action, "health_status");
  EXPECT_EQ(event.detail, "healthy");
  EXPECT_EQ(event.attributes.at("name"), "web");
  wait(fake_engine::destroy(stream));
}

}  // namespace
}  // namespace berth::docker
