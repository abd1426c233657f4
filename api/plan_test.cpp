// SPDX-License-Identifier: Apache-2.0
// Plans over the wire: the candidate is admitted as a write would be, and nothing is written.
#include "api/server_testing.hpp"
#include "resources/engine_view.hpp"

namespace berth::api::testing {
namespace {

// Tells what it was asked.
class EchoPort final : public resources::EnginePort {
 public:
  std::vector<resources::EngineObject> list(Sort, std::string_view) const override { return {}; }
  resources::EngineObject inspect_container(std::string_view, std::string_view) const override { return {}; }
  base::Task<void> act(resources::Caller, std::string, std::string, Action) override { co_return; }
  base::Task<base::Json> plan(base::Json candidate, std::vector<base::Json> beside) override {
    ++plans;
    given = std::move(beside);
    co_return base::JsonObject{{"text", base::string_at(candidate, "spec.image")}};
  }
  base::Task<base::Json> adoption_manifest(resources::Caller, resources::AdoptionRequest) override {
    co_return base::Json();
  }
  base::Task<resources::PulledImage> pull_image(resources::Caller, resources::ImagePull) override {
    co_return resources::PulledImage();
  }
  base::Task<void> remove_image(resources::Caller, std::string, std::string) override { co_return; }
  base::Task<resources::PrunedImages> prune_images(resources::Caller, std::string) override {
    co_return resources::PrunedImages();
  }
  int plans = 0;
  std::vector<base::Json> given;
};

const std::string kPlan = std::string(kContainers) + "/web/plan";

class PlanTest : public ServerTest {
 protected:
  PlanTest() {
    resources_->engines().serve(port_);
    start();
    client_.emplace(admin());
  }
  EchoPort port_;
  std::optional<Client> client_;
};

TEST_F(PlanTest, IsOfAnObjectThatIsNotThere) {
  const auto answer = client_->send("POST", kPlan, container("web"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const base::Json plan = base::parse_json(answer.body);
  EXPECT_EQ(base::string_at(plan, "kind"), "Plan");
  EXPECT_EQ(base::string_at(plan, "text"), "nginx:1.27");
  EXPECT_STATUS(client_->get(std::string(kContainers) + "/web"), 404, "NotFound");
}

TEST_F(PlanTest, IsOfOneThatIsAndLeavesItAsItIs) {
  client_->send("POST", kContainers, container("web"));
  const std::string before = client_->get(std::string(kContainers) + "/web").body;
  EXPECT_EQ(client_->send("POST", kPlan, container("web")).status, 200);
  EXPECT_EQ(client_->get(std::string(kContainers) + "/web").body, before);
}

TEST_F(PlanTest, RefusesWhatAWriteWouldRefuse) {
  EXPECT_STATUS(client_->send("POST", kPlan, R"({"apiVersion":"berth.dev/v1","kind":"Container",
      "metadata":{"name":"web"},"spec":{"host":"local"}})"),
                422, "Invalid");
  EXPECT_STATUS(client_->send("POST", kPlan, container("other")), 400, "BadRequest");
  EXPECT_EQ(port_.plans, 0);
}

TEST_F(PlanTest, MayHaveBesideItWhatIsAppliedBefore) {
  const auto list = [](const std::string& items) {
    return R"({"apiVersion":"v1","kind":"List","items":[)" + items + "]}";
  };
  const std::string secret = R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"stringData":{"a":"b"}})";
  const auto answer = client_->send("POST", kPlan, list(secret + "," + container("web")));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(base::string_at(base::parse_json(answer.body), "text"), "nginx:1.27");
  ASSERT_EQ(port_.given.size(), 1u);
  EXPECT_EQ(base::string_at(port_.given[0], "metadata.name"), "db");
  EXPECT_EQ(base::string_at(port_.given[0], "data.a"), "Yg==") << "as its apply would leave it";
  EXPECT_STATUS(client_->get("/api/v1/namespaces/default/secrets/db"), 404, "NotFound");
  const std::string elsewhere = R"({"kind":"Secret","metadata":{"name":"db","namespace":"team"}})";
  for (const std::string& wrong :
       {list(secret), list(container("web") + "," + container("web")), list(container("web") + "," + elsewhere),
        list(container("web") + ",1"), std::string(R"({"apiVersion":"v1","kind":"List"})")}) {
    SCOPED_TRACE(wrong);
    EXPECT_STATUS(client_->send("POST", kPlan, wrong), 400, "BadRequest");
  }
  EXPECT_EQ(port_.plans, 1);
}

TEST_F(PlanTest, OtherKindsAndMethodsHaveNone) {
  EXPECT_STATUS(client_->get(kPlan), 405, "MethodNotAllowed");
  EXPECT_STATUS(client_->send("POST", "/apis/berth.dev/v1/namespaces/default/volumes/data/plan", "{}"), 404,
                "NotFound");
}

}  // namespace
}  // namespace berth::api::testing
