// SPDX-License-Identifier: Apache-2.0
#include "resources/engine_view.hpp"

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

const std::string kId = std::string(60, 'a') + "beef";
const std::string kImage = "sha256:" + std::string(64, 'c');

// What one host has: a container of nobody and one of ours, on the one image.
class OneHost : public EnginePort {
 public:
  std::vector<EngineObject> list(Sort sort, std::string_view host) const override {
    if (!host.empty() && host != "vm-1") return {};
    switch (sort) {
      case Sort::Containers:
        return {of(kId, container("/stranger"), ""), of(std::string(64, 'b'), container("/web"), "default/web")};
      case Sort::Images:
        return {
            of(kImage, R"({"Id":")" + kImage + R"(","RepoTags":["web:1","<none>:<none>"],"Size":5,"Created":60})", "")};
      case Sort::Networks:
        return {of(std::string(64, 'd'),
                   R"({"Name":"front","Driver":"bridge","IPAM":{"Config":[{"Subnet":"10.0.0.0/8"}]},
                   "Labels":{},"Created":"2026-01-02T03:04:05.678Z"})",
                   "default/front")};
      case Sort::Volumes:
        return {of("data", R"({"Name":"data","Driver":"local","Options":{"o":"password=canary"}})", "")};
    }
    return {};
  }
  EngineObject inspect_container(std::string_view, std::string_view) const override { return {}; }
  Task<void> act(Caller, std::string, std::string, Action) override { co_return; }
  Task<PulledImage> pull_image(Caller, ImagePull) override { co_return PulledImage(); }
  Task<void> remove_image(Caller, std::string host, std::string id) override {
    removed = host + " " + id;
    co_return;
  }
  Task<Json> adoption_manifest(Caller, AdoptionRequest) override { co_return Json(); }
  Task<Json> plan(Json, std::vector<Json>) override { co_return Json(); }
  Task<PrunedImages> prune_images(Caller, std::string) override { co_return PrunedImages(); }

  std::string removed;

 private:
  static std::string container(const std::string& name) {
    return R"({"Name":")" + name + R"(","Image":")" + kImage + R"(","Created":"2026-01-02T03:04:05.678901234Z",
        "Config":{"Image":"web:1","Cmd":["--password=canary"],"Labels":{"app":"shop"},
                  "Env":["A=canary-free","API_TOKEN=canary","DSN=canary","PWD=/x","U=amqp://a:canary@b/c","N"]},
        "State":{"Status":"running","StartedAt":"2026-01-02T03:04:06Z","Health":{"Status":"healthy"}},
        "Mounts":[{"Type":"volume","Name":"data","Source":"/s","Destination":"/data","RW":false}],
        "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"53/udp":null},
                           "Networks":{"front":{"NetworkID":")" +
           std::string(64, 'd') + R"("}}}})";
  }
  static EngineObject of(const std::string& id, const std::string& value, const std::string& owner) {
    const std::string kind = owner == "default/front" ? "Network" : "Container";
    return {"vm-1", id, base::parse_json(value), owner, kind};
  }
};

class EngineViewTest : public testing::ResourcesTest {
 protected:
  EngineViewTest() { resources->engines().serve(port); }
  std::vector<Json> list(const std::string& kind, ListOptions options = {}) {
    std::vector<Json> all;
    for (const Object& object : base::run(resources->list(testing::kind_named(kind), "", options)).items) {
      all.push_back(object.parse());
    }
    return all;
  }
  Json get(const std::string& kind, const std::string& name) {
    return resources->get(testing::kind_named(kind), "", name).parse();
  }
  OneHost port;
};

TEST_F(EngineViewTest, ContainersAreListedWithoutEnvironment) {
  const auto containers = list("EngineContainer");
  ASSERT_EQ(containers.size(), 2u);
  EXPECT_EQ(containers[0], base::parse_json(R"({"apiVersion":"engine.berth.dev/v1","kind":"EngineContainer",
      "metadata":{"name":"vm-1.aaaaaaaaaaaa","uid":")" +
                                            kId + R"(","creationTimestamp":"2026-01-02T03:04:05Z",
                  "labels":{"app":"shop"}},
      "host":"vm-1","id":")" + kId + R"(","containerName":"stranger","image":"web:1","imageID":")" +
                                            kImage + R"(",
      "state":"running","health":"healthy","startedAt":"2026-01-02T03:04:06Z","networks":["front"],
      "ports":[{"containerPort":80,"protocol":"TCP","hostPort":8080,"hostIP":"0.0.0.0"},
               {"containerPort":53,"protocol":"UDP"}],
      "mounts":[{"type":"volume","target":"/data","source":"data","readOnly":true}]})"));
  EXPECT_EQ(base::string_at(containers[1], "managed"), "Container default/web");
}

TEST_F(EngineViewTest, ASingleOneHasItsEnvironmentMasked) {
  const Json stranger = get("EngineContainer", "vm-1.aaaaaaaaaaaa");
  EXPECT_EQ(stranger.at("env"), base::parse_json(R"(["A=canary-free","API_TOKEN=********","DSN=********","PWD=/x",
                                                     "U=********","N"])"));
  const Json ours = get("EngineContainer", "vm-1.bbbbbbbbbbbb");
  EXPECT_EQ(base::to_canonical(ours).find("canary"), std::string::npos) << "a Secret may be behind any key";
}

TEST_F(EngineViewTest, ImagesNameWhoUsesThem) {
  const Json image = get("EngineImage", "vm-1.cccccccccccc");
  EXPECT_EQ(image.at("usedBy"), base::parse_json(R"(["stranger","web"])"));
  EXPECT_EQ(image.at("tags"), base::parse_json(R"(["web:1"])"));
  EXPECT_EQ(base::string_at(image, "managed"), "Container default/web");
  EXPECT_EQ(base::int_at(image, "size"), 5);
  EXPECT_EQ(base::string_at(image, "metadata.creationTimestamp"), "1970-01-01T00:01:00Z");
}

TEST_F(EngineViewTest, NetworksAndVolumes) {
  const Json network = list("EngineNetwork").at(0);
  EXPECT_EQ(base::string_at(network, "managed"), "Network default/front");
  EXPECT_EQ(network.at("subnets"), base::parse_json(R"(["10.0.0.0/8"])"));
  const Json volume = list("EngineVolume").at(0);
  EXPECT_EQ(volume.at("usedBy"), base::parse_json(R"(["stranger","web"])"));
  EXPECT_EQ(base::to_canonical(volume).find("canary"), std::string::npos) << "options of drivers hold passwords";
  EXPECT_EQ(get("EngineVolume", std::string(base::string_at(volume, "metadata.name"))), volume);
}

TEST_F(EngineViewTest, IsSelectedByHostNameAndLabel) {
  EXPECT_EQ(list("EngineContainer", {.field_selector = "host=vm-1"}).size(), 2u);
  EXPECT_EQ(list("EngineContainer", {.field_selector = "host=vm-2"}).size(), 0u);
  EXPECT_EQ(list("EngineContainer", {.field_selector = "host!=vm-1"}).size(), 0u);
  EXPECT_EQ(list("EngineContainer", {.field_selector = "metadata.name=vm-1.bbbbbbbbbbbb"}).size(), 1u);
  EXPECT_EQ(list("EngineContainer", {.label_selector = "app=shop"}).size(), 2u);
  EXPECT_EQ(list("EngineContainer", {.label_selector = "app!=shop"}).size(), 0u);
  EXPECT_EQ(testing::refusal([&] { list("EngineContainer", {.field_selector = "color=red"}); }).message(),
            "field label not supported: color");
  for (const char* name : {"vm-1.000000000000", "vm-2.aaaaaaaaaaaa", "vm-1", ".aaaaaaaaaaaa", ""}) {
    EXPECT_EQ(testing::refusal([&] { get("EngineContainer", name); }).reason(), base::Reason::NotFound) << name;
  }
}

TEST_F(EngineViewTest, APlaceInAListThatIsNoneIsRefused) {
  EXPECT_EQ(list("EngineContainer", {.resource_version = "0"}).size(), 2u);
  for (const ListOptions& bad : {ListOptions{.resource_version = "abc"}, ListOptions{.continue_token = "nonsense"},
                                 ListOptions{.resource_version_match = "Exact"}}) {
    EXPECT_THROW(list("EngineContainer", bad), base::Status);
  }
}

TEST_F(EngineViewTest, ImagesAreRemovedByThePort) {
  const Kind& image = testing::kind_named("EngineImage");
  const auto remove = [&](const std::string& name, DeleteOptions options) {
    return base::run(resources->remove(user, image, "", name, std::move(options))).outcome;
  };
  EXPECT_EQ(remove("vm-1.cccccccccccc", {.dry_run = DryRun::All}), Written::Outcome::Deleted);
  EXPECT_EQ(port.removed, "");
  EXPECT_EQ(testing::refusal([&] { remove("vm-1.cccccccccccc", {.uid = "another"}); }).reason(),
            base::Reason::Conflict);
  EXPECT_EQ(remove("vm-1.cccccccccccc", {.uid = kImage}), Written::Outcome::Deleted);
  EXPECT_EQ(port.removed, "vm-1 " + kImage);
}

}  // namespace
}  // namespace berth::resources
