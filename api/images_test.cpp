// SPDX-License-Identifier: Apache-2.0
// Images of a Host over the wire: a pull that is followed, and one whose client goes away.
#include <future>

#include "api/server_testing.hpp"
#include "base/run_on.hpp"
#include "resources/engine_view.hpp"

namespace berth::api::testing {
namespace {

using base::Json;

// Pulls on a thread of its own: it tells of one step, and ends when the test lets it.
class SlowPort final : public resources::EnginePort {
 public:
  std::vector<resources::EngineObject> list(Sort, std::string_view) const override { return {}; }
  resources::EngineObject inspect_container(std::string_view, std::string_view) const override { return {}; }
  base::Task<void> act(resources::Caller, std::string, std::string, Action) override { co_return; }
  base::Task<Json> plan(Json, std::vector<Json>) override { co_return Json(); }
  base::Task<Json> adoption_manifest(resources::Caller, resources::AdoptionRequest) override { co_return Json(); }
  base::Task<void> remove_image(resources::Caller, std::string, std::string) override { co_return; }
  base::Task<resources::PrunedImages> prune_images(resources::Caller, std::string) override {
    co_return resources::PrunedImages();
  }
  base::Task<resources::PulledImage> pull_image(resources::Caller, resources::ImagePull pull) override {
    auto work = work_at(std::move(pull));
    const std::optional<base::Status> failure = co_await base::run_on(loop_.executor(), std::move(work));
    if (failure) throw base::Status(*failure);
    co_return resources::PulledImage{"sha256:1", "sha256:2"};
  }
  // `error` "" lets it succeed.
  void let_go(const std::string& error) {
    loop_.run_and_wait([this, &error] { return end(error); });
  }
  void until_left() { left_.get_future().wait(); }

 private:
  // What it throws stays on its loop: ThreadSanitizer cannot see libstdc++ count who holds an exception.
  base::Task<std::optional<base::Status>> work_at(resources::ImagePull pull) {
    if (pull.reference == "absent") co_return base::not_found("images", "absent");
    if (pull.on_progress) {
      pull.on_progress(base::JsonObject{{"message", "1 of 2 layers"}, {"layers", base::JsonArray{}}});
    }
    std::optional<base::Status> left;
    try {
      co_await go_.wait();
    } catch (...) {
      left = base::current_status();
      left_.set_value();
    }
    if (left) co_return left;
    if (!error_.empty()) co_return base::unavailable(error_, std::chrono::seconds(1));
    co_return std::nullopt;
  }
  base::Task<void> end(std::string error) {
    error_ = std::move(error);
    go_.notify();
    co_return;
  }

  base::Loop loop_{"engines"};
  base::Signal go_{loop_.executor()};
  std::string error_;
  std::promise<void> left_;
};

constexpr const char* kPull = "/apis/engine.berth.dev/v1/hosts/vm-1/images/pull";

class ImagesTest : public ServerTest {
 protected:
  ImagesTest() {
    resources_->engines().serve(port_);
    start();
    client_.emplace(admin());
  }
  void post(const std::string& query, const std::string& body) {
    client_->write("POST " + std::string(kPull) + query +
                   " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  SlowPort port_;
  std::optional<Client> client_;
};

TEST_F(ImagesTest, APullIsFollowed) {
  post("?follow=true", R"({"reference":"nginx"})");
  const std::string begun = client_->read_until("\"PROGRESS\"}");
  EXPECT_NE(begun.find("200 OK"), std::string::npos) << begun;
  EXPECT_NE(begun.find(R"({"object":{"apiVersion":"engine.berth.dev/v1","host":"vm-1","kind":"ImagePullProgress",)"
                       R"("layers":[],"message":"1 of 2 layers","reference":"nginx"},"type":"PROGRESS"})"),
            std::string::npos)
      << begun;
  port_.let_go("");
  const std::string rest = client_->read_to_end();
  EXPECT_NE(rest.find(R"("digest":"sha256:2","host":"vm-1","id":"sha256:1","kind":"ImagePull","reference":"nginx"},)"
                      R"("type":"DONE"})"),
            std::string::npos)
      << rest;
}

TEST_F(ImagesTest, AnErrorAfterTheFirstStepIsAFrame) {
  post("?follow=true", R"({"reference":"nginx"})");
  client_->read_until("PROGRESS");
  port_.let_go("dial tcp: no such host");
  const std::string rest = client_->read_to_end();
  EXPECT_NE(rest.find(R"({"type":"ERROR","object":{)"), std::string::npos) << rest;
  EXPECT_NE(rest.find("no such host"), std::string::npos) << rest;
}

TEST_F(ImagesTest, AnErrorBeforeItIsTheAnswer) {
  EXPECT_STATUS(client_->send("POST", std::string(kPull) + "?follow=true", R"({"reference":"absent"})"), 404,
                "NotFound");
  EXPECT_STATUS(client_->send("POST", std::string(kPull) + "?follow=maybe", R"({"reference":"nginx"})"), 400,
                "BadRequest");
}

TEST_F(ImagesTest, WhoDoesNotFollowHearsTheEnd) {
  post("", R"({"reference":"nginx"})");
  port_.let_go("");
  const std::string answer = client_->read_to_end();
  EXPECT_EQ(answer.find("PROGRESS"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("kind":"ImagePull")"), std::string::npos) << answer;
}

TEST_F(ImagesTest, WhoGoesAwayWantsItNoMore) {
  post("?follow=true", R"({"reference":"nginx"})");
  client_->read_until("PROGRESS");
  client_->close();
  port_.until_left();
}

}  // namespace
}  // namespace berth::api::testing
