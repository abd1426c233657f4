// SPDX-License-Identifier: Apache-2.0
// Plans of what is not written: told from what there is, with no call and no write.
#include "reconcilers/engine_port.hpp"
#include "reconcilers/stack/stack_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::StackWorld;

// A Host that is removed once it has been looked at so many times.
class LeavingEngines : public docker::Engines {
 public:
  LeavingEngines(docker::Engines& engines, int looks) : engines_(engines), looks_(looks) {}
  void configure(const std::string& host, const std::string& connector_id,
                 std::function<std::unique_ptr<docker::Connector>()> make, base::Executor loop) override {
    engines_.configure(host, connector_id, std::move(make), loop);
  }
  base::Task<void> remove(std::string host) override { co_await engines_.remove(std::move(host)); }
  std::shared_ptr<docker::Engine> find(const std::string& host) const override {
    return looks_-- > 0 ? engines_.find(host) : nullptr;
  }
  std::vector<std::string> hosts() const override { return engines_.hosts(); }
  void listen(Listener listener) override { engines_.listen(std::move(listener)); }
  void resync_all() override { engines_.resync_all(); }
  base::Task<void> shutdown() override { co_await engines_.shutdown(); }

  bool left() const { return looks_ < 0; }

 private:
  docker::Engines& engines_;
  mutable int looks_;
};

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() {
    world.create_stack(
        "services: {web: {image: busybox, command: [sleep, \"9\"], restart: always, network_mode: bridge}}");
    world.settle_stack();
    world.refresh();
  }
  // Of the object as it is, changed by a merge of its spec.
  Json plan(const std::string& kind, const std::string& name, const std::string& spec,
            const std::string& beside = "[]") {
    Json candidate = world.get(name, kind);
    const Json changes = base::parse_json(spec);
    for (const auto& member : changes.as_object()) {
      candidate.at("spec").as_object()[member.key()] = member.value();
    }
    const std::uint64_t calls = world.engine.total();
    const store::Revision revision = world.resources->revision();
    const std::size_t records = world.audit_records();
    DockerPort port(*world.resources, *world.engines, *world.pulls, world.clock);
    Json made;
    const Json given = base::parse_json(beside);
    world.loop.run_and_wait([&] { return ask(port, candidate, given.as_array(), made); });
    EXPECT_EQ(world.engine.total(), calls);
    EXPECT_EQ(world.resources->revision(), revision);
    EXPECT_EQ(world.audit_records(), records);
    return made;
  }
  static base::Task<void> ask(DockerPort& port, Json candidate, const base::JsonArray& beside, Json& made) {
    std::vector<Json> objects(beside.begin(), beside.end());
    made = co_await port.plan(std::move(candidate), std::move(objects));
  }
  static std::string text(const Json& plan) { return std::string(base::string_at(plan, "text")); }

  StackWorld world;
};

TEST_F(PlanTest, OfAContainerTellsFieldsAndStepsOnTheEngine) {
  const Json made = plan("Container", "shop-web-1", R"({"user":"1000"})");
  EXPECT_TRUE(
      text(made).starts_with("replace Container shop-web-1\n  spec.user: nothing -> \"1000\"\n"
                             "start shop-web-1\nengine: create shop-web-1__"))
      << text(made);
  EXPECT_EQ(made.at("changes").at(0).at("fields").at(0).at("path").as_string(), "spec.user");
}

TEST_F(PlanTest, OfAContainerAsItIsIsNothing) {
  EXPECT_EQ(text(plan("Container", "shop-web-1", "{}")), "nothing to do\n");
}

TEST_F(PlanTest, OfAStackIsOfItsObjects) {
  const Json made = plan("ComposeStack", "shop",
                         R"({"compose":"services: {web: {image: busybox, command: [sleep, \"9\"], restart: always, )"
                         R"(network_mode: bridge, deploy: {replicas: 2}}, db: {image: busybox}}"})");
  EXPECT_EQ(text(made),
            "create Network shop-default-4aececf0\ncreate Container shop-db-1\ncreate Container shop-web-2\n"
            "start shop-db-1, shop-web-2\n"
            "engine: Network shop-default-4aececf0: create shop_default\nengine: shop-web-2: pin shop-web-2 to " +
                world.engine.image_id("busybox") +
                "\nengine: shop-web-2: create shop-web-2 from busybox\nengine: shop-web-2: start shop-web-2\n")
      << "shop-db-1 waits for its network";
}

constexpr const char* kAsItIs = "{}";

TEST_F(PlanTest, OfAStackAsItIsIsNothing) { EXPECT_EQ(text(plan("ComposeStack", "shop", kAsItIs)), "nothing to do\n"); }

TEST_F(PlanTest, OfAStackTellsWhatTheEngineLacks) {
  world.engine.kill("shop-web-1");
  world.refresh();
  const Json made = plan("ComposeStack", "shop", kAsItIs);
  EXPECT_EQ(text(made), "engine: shop-web-1: start shop-web-1\n");
  EXPECT_EQ(made.at("steps").as_array().size(), 1u);
  world.engine.remove("shop-web-1");
  world.refresh();
  EXPECT_EQ(text(plan("ComposeStack", "shop", kAsItIs)),
            "engine: shop-web-1: create shop-web-1 from busybox\nengine: shop-web-1: start shop-web-1\n");
}

TEST_F(PlanTest, OfAStackTellsWhatItWouldStopOrTakeAway) {
  EXPECT_EQ(text(plan("ComposeStack", "shop", R"({"desiredState":"Stopped"})")),
            "engine: shop-web-1: update shop-web-1 {\"RestartPolicy\":{\"Name\":\"no\"}}\n"
            "engine: shop-web-1: stop shop-web-1 (desiredState is Stopped)\n");
  const std::string removed = text(plan("ComposeStack", "shop", R"({"compose":"services: {}"})"));
  EXPECT_EQ(removed,
            "remove Container shop-web-1\n"
            "engine: shop-web-1: stop shop-web-1 (deleted)\nengine: shop-web-1: remove shop-web-1 (deleted)\n");
}

TEST_F(PlanTest, WhatIsToBeStoppedIsNotStarted) {
  const Json alone = plan("Container", "shop-web-1", R"({"desiredState":"Stopped","user":"1000"})");
  EXPECT_TRUE(text(alone).starts_with("replace Container shop-web-1\n")) << text(alone);
  EXPECT_EQ(text(alone).find("start "), std::string::npos) << text(alone);
  EXPECT_TRUE(alone.at("startOrder").as_array().empty());
  const std::string compose = R"("compose":"services: {web: {image: busybox, user: \"1\", network_mode: bridge}}")";
  const std::string stopped = text(plan("ComposeStack", "shop", R"({"desiredState":"Stopped",)" + compose + "}"));
  EXPECT_TRUE(stopped.starts_with("replace Container shop-web-1\n")) << stopped;
  EXPECT_EQ(stopped.find("start "), std::string::npos) << stopped;
  const std::string held = text(plan("ComposeStack", "shop", R"({"suspend":true,)" + compose + "}"));
  EXPECT_EQ(held.find("\nstart "), std::string::npos) << held;
  const std::string paused = text(plan("ComposeStack", "shop", R"({"desiredState":"Paused",)" + compose + "}"));
  EXPECT_NE(paused.find("\nstart shop-web-1\n"), std::string::npos) << paused;
}

TEST_F(PlanTest, WhatWasStoppedIsStarted) {
  world.patch("shop", R"({"spec":{"desiredState":"Stopped"}})", "ComposeStack");
  world.settle_stack();
  world.refresh();
  EXPECT_EQ(text(plan("Container", "shop-web-1", R"({"user":"1000"})")).find("start "), std::string::npos)
      << "its stack has it stopped";
  const std::string all = text(plan("ComposeStack", "shop", R"({"desiredState":"Running"})"));
  EXPECT_TRUE(all.starts_with("start shop-web-1\nengine: ")) << all;
  world.create("own", R"({"desiredState":"Stopped"})");
  world.settle("own");
  world.refresh();
  const std::string own = text(plan("Container", "own", R"({"desiredState":"Running"})"));
  EXPECT_NE(own.find("\nstart own\n"), std::string::npos) << own;
}

TEST_F(PlanTest, OfAStackTellsWhatBecomesOfItsNetworksAndVolumes) {
  const char* file = R"({"compose":"services: {web: {image: busybox, command: [sleep, \"9\"], restart: always, )"
                     R"(volumes: [\"data:/data\"], networks: [front]}}\nvolumes: {data: {}}\n)"
                     R"(networks: {front: {driver: bridge}}"})";
  const std::string made = text(plan("ComposeStack", "shop", file));
  const auto at = [&made](const char* step) { return made.find(step); };
  ASSERT_NE(at("engine: Network shop-front-309e68ba: create shop_front\n"), std::string::npos) << made;
  ASSERT_NE(at("engine: Volume shop-data-e1895bfc: create shop_data\n"), std::string::npos) << made;
  EXPECT_LT(at("engine: Network shop-front-309e68ba: "), at("engine: shop-web-1: "))
      << "what it needs is made first: " << made;

  world.patch("shop", std::string(R"({"spec":)") + file + "}", "ComposeStack");
  world.settle_stack();
  world.refresh();
  ASSERT_EQ(text(plan("ComposeStack", "shop", kAsItIs)), "nothing to do\n");
  std::string internal = file;
  internal.replace(internal.find("driver: bridge"), 14, "internal: true");
  const std::string other = text(plan("ComposeStack", "shop", internal));
  EXPECT_NE(
      other.find(
          "engine: Network shop-front-309e68ba: nothing yet: not as declared: internal; container shop-web-1 uses it"),
      std::string::npos)
      << other;
  const std::string gone = text(plan("ComposeStack", "shop", R"({"compose":"services: {}"})"));
  EXPECT_NE(gone.find("engine: Network shop-front-309e68ba: nothing yet: container shop-web-1 uses it"),
            std::string::npos)
      << gone;
  EXPECT_EQ(gone.find("engine: Volume"), std::string::npos) << "its data stays: " << gone;
}

TEST_F(PlanTest, OfAStackWhoseHostIsAwaySaysSoOnce) {
  world.engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  const std::string said = text(plan("ComposeStack", "shop", kAsItIs));
  EXPECT_TRUE(said.starts_with("engine: nothing yet: ")) << said;
  EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
}

TEST_F(PlanTest, OfAStackWhoseHostIsRemovedMeanwhileIsMade) {
  world.change_stack("services: {web: {image: busybox}, db: {image: busybox}}");
  world.settle_stack();
  world.refresh();
  Json candidate = world.get("shop", "ComposeStack");
  candidate.at("spec").as_object()["compose"] =
      "services: {web: {image: busybox, networks: [front]}}\nnetworks: {front: {}}";
  const base::JsonArray beside;
  Json made;
  bool left = true;
  for (int looks = 0; left; ++looks) {
    LeavingEngines engines(*world.engines, looks);
    DockerPort port(*world.resources, engines, *world.pulls, world.clock);
    try {
      world.loop.run_and_wait([&] { return ask(port, candidate, beside, made); });
      EXPECT_NE(text(made).find("remove Container shop-db-1\n"), std::string::npos) << looks << ": " << text(made);
    } catch (const base::Status& error) {
      EXPECT_EQ(error.reason(), base::Reason::ServiceUnavailable) << error.message();
    }
    left = engines.left();
  }
  EXPECT_NE(text(made).find("engine: Network shop-default-"), std::string::npos) << "what goes is last: " << text(made);
}

TEST_F(PlanTest, OfASuspendedStackTakesNothingAway) {
  EXPECT_EQ(text(plan("ComposeStack", "shop", R"({"suspend":true,"compose":"services: {}"})")), "nothing to do\n");
}

TEST_F(PlanTest, WhatHasNeverRunIsStarted) {
  world.create("own", R"({"suspend":true})");
  world.settle("own");
  world.refresh();
  const Json made = plan("Container", "own", R"({"suspend":false})");
  EXPECT_NE(text(made).find("\nstart own\nengine: "), std::string::npos) << text(made);
  EXPECT_EQ(made.at("startOrder").as_array().size(), 1u);
  const std::string held = text(plan("Container", "own", "{}"));
  EXPECT_EQ(held.find("start own\nengine: "), std::string::npos) << held;
}

TEST_F(PlanTest, SaysWhatWouldBeRefused) {
  world.create("shop-db-1");
  world.patch("default", R"({"metadata":{"labels":{"berth.dev/enforce":"baseline"}}})", "Namespace");
  const std::string said = text(plan(
      "ComposeStack", "shop",
      R"({"compose":"services: {web: {image: busybox, privileged: true, network_mode: bridge}, db: {image: busybox}}"})"));
  EXPECT_NE(said.find("refused Container shop-db-1 is there already"), std::string::npos) << said;
  EXPECT_NE(said.find("refused containers.berth.dev \"shop-web-1\" is forbidden"), std::string::npos) << said;
}

// "canary"
constexpr const char* kPassword = R"({"kind":"Secret","metadata":{"name":"db"},"data":{"password":"Y2FuYXJ5"}})";
constexpr const char* kOldPassword =
    R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"stringData":{"password":"old"}})";
constexpr const char* kWantsPassword =
    R"({"env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]})";

TEST_F(PlanTest, WhatIsAppliedBeforeItIsNoReasonToWait) {
  const std::string spec = R"({"env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}]})";
  const std::string alone = text(plan("Container", "shop-web-1", spec));
  EXPECT_EQ(alone.find("created first"), std::string::npos) << alone;
  EXPECT_NE(alone.find("engine: nothing yet: "), std::string::npos) << alone;
  const Json made = plan("Container", "shop-web-1", spec, std::string("[") + kPassword + "]");
  EXPECT_TRUE(text(made).starts_with("created first Secret db\nreplace Container shop-web-1\n")) << text(made);
  EXPECT_EQ(text(made).find("nothing yet"), std::string::npos) << text(made);
  EXPECT_EQ(text(made).find("canary"), std::string::npos) << text(made);
  EXPECT_EQ(made.at("createdFirst").at(0).as_string(), "Secret db");
  const std::string other = text(
      plan("Container", "shop-web-1", spec, R"([{"kind":"Secret","metadata":{"name":"db"},"data":{"other":"eA=="}}])"));
  EXPECT_NE(other.find("engine: nothing yet: "), std::string::npos) << "it lacks the key: " << other;
}

TEST_F(PlanTest, ASecretThatIsThereAndChangesReplacesItsContainer) {
  world.create_object("Secret", kOldPassword);
  world.create("pw", kWantsPassword);
  world.settle("pw");
  world.refresh();
  const std::string same = R"([{"kind":"Secret","metadata":{"name":"db"},"data":{"password":"b2xk"}}])";
  EXPECT_EQ(text(plan("Container", "pw", "{}", same)), "nothing to do\n");
  const Json made = plan("Container", "pw", "{}", std::string("[") + kPassword + "]");
  EXPECT_TRUE(text(made).starts_with(
      "changed first Secret db\nreplace Container pw\n  Secret db changes\nstart pw\nengine: create pw__"))
      << text(made);
  EXPECT_EQ(made.at("changedFirst").at(0).as_string(), "Secret db");
}

TEST_F(PlanTest, WhatWaitsForASecretIsMadeOnceItIsThere) {
  world.create("pw", kWantsPassword);
  world.settle("pw");
  world.refresh();
  const std::string said = text(plan("Container", "pw", "{}", std::string("[") + kPassword + "]"));
  EXPECT_TRUE(said.starts_with("created first Secret db\nstart pw\nengine: ")) << said;
  EXPECT_NE(said.find("engine: create pw from busybox\nengine: start pw\n"), std::string::npos) << said;
}

TEST_F(PlanTest, ANetworkThatIsCreatedFirstReplacesNothing) {
  const std::string spec = R"({"networkMode":null,"networks":[{"networkRef":{"name":"n"}}]})";
  world.create("own");
  world.settle("own");
  world.refresh();
  const auto beside = [](const std::string& host) {
    return R"([{"kind":"Network","metadata":{"name":"n"},"spec":{"host":")" + host + R"("}}])";
  };
  const std::string here = text(plan("Container", "own", spec, beside("local")));
  EXPECT_TRUE(here.starts_with("created first Network n\nupdate Container own\n")) << here;
  const std::string far = text(plan("Container", "own", spec, beside("far")));
  EXPECT_NE(far.find("engine: nothing yet: spec.networks[0].networkRef: Network \"n\" is on host far, not on local\n"),
            std::string::npos)
      << far;
}

TEST_F(PlanTest, AStacksContainerIsReplacedForTheExternalSecretThatChanges) {
  world.create_object("Secret", kOldPassword);
  const char* file =
      "services: {web: {image: busybox, network_mode: bridge, secrets: [password]}}\n"
      "secrets: {password: {external: true, name: db}}";
  world.change_stack(file);
  world.settle_stack();
  world.refresh();
  ASSERT_EQ(text(plan("ComposeStack", "shop", kAsItIs)), "nothing to do\n");
  const std::string said = text(plan("ComposeStack", "shop", kAsItIs, std::string("[") + kPassword + "]"));
  EXPECT_TRUE(said.starts_with("changed first Secret db\nreplace Container shop-web-1\n  Secret db changes\n")) << said;
}

TEST_F(PlanTest, WhatOthersRunOfTheProjectIsNamedOrTakenOver) {
  const std::string labels = R"("Labels":{"com.docker.compose.project":"shop","com.docker.compose.oneoff":"False",)"
                             R"("com.docker.compose.container-number":"1","com.docker.compose.service":)";
  for (const char* service : {"db", "app"}) {
    world.engine.run(std::string("shop_") + service + "_1",
                     base::parse_json(R"({"Image":"busybox",)" + labels + "\"" + service + "\"}}"));
  }
  world.refresh();
  const std::string spec = R"({"compose":"services: {db: {image: busybox, network_mode: bridge}}"})";
  const std::string unasked = text(plan("ComposeStack", "shop", spec));
  EXPECT_NE(unasked.find("warning containers shop_app_1, shop_db_1 of project shop were made by somebody else; berth "
                         "compose up --adopt takes over those that run as declared\n"),
            std::string::npos)
      << unasked;
  EXPECT_NE(unasked.find("engine: shop-db-1: create shop-db-1 from"), std::string::npos) << unasked;
  world.patch("shop", R"({"metadata":{"annotations":{"berth.dev/adopt":"project"}}})", "ComposeStack");
  const std::string asked = text(plan("ComposeStack", "shop", spec));
  EXPECT_EQ(asked.find("somebody else"), std::string::npos) << asked;
  EXPECT_NE(asked.find("engine: shop-db-1: adopt shop_db_1\n"), std::string::npos) << asked;
}

TEST_F(PlanTest, AStackIsReadWithTheVariablesThatAreAppliedBeforeIt) {
  const std::string spec = R"({"env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}},
    {"name":"TAG","valueFrom":{"configMapKeyRef":{"name":"tags","key":"web"}}}],
    "compose":"services: {web: {image: \"busybox:${TAG}\", environment: {P: \"${P}\"}, network_mode: bridge}}"})";
  const Json made =
      plan("ComposeStack", "shop", spec,
           std::string("[") + kPassword + R"(,{"kind":"ConfigMap","metadata":{"name":"tags"},"data":{"web":"2"}}])");
  EXPECT_TRUE(text(made).starts_with("created first ConfigMap tags\ncreated first Secret db\n")) << text(made);
  EXPECT_NE(text(made).find("spec.image: \"busybox\" -> \"busybox:2\""), std::string::npos) << text(made);
  EXPECT_EQ(text(made).find("canary"), std::string::npos) << text(made);
  EXPECT_TRUE(made.at("refused").as_array().empty()) << text(made);
  EXPECT_TRUE(made.at("warnings").as_array().empty()) << text(made);
}

TEST_F(PlanTest, AStackWaitsForASecretThatIsNotThereAndNothingIsRefused) {
  const Json made = plan("ComposeStack", "shop", R"({
    "env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}],
    "compose":"services: {web: {image: busybox, environment: {P: \"${P}\"}, network_mode: bridge}}"})");
  EXPECT_NE(text(made).find("engine: nothing yet: spec.env[0]: "), std::string::npos) << text(made);
  EXPECT_TRUE(made.at("refused").as_array().empty()) << text(made);
  EXPECT_TRUE(made.at("warnings").as_array().empty()) << "it has a value once it is there: " << text(made);
}

TEST_F(PlanTest, TellsWhoHasThePortAndTheName) {
  world.create("other", R"({"ports":[{"containerPort":80,"hostPort":8080,"hostIP":"127.0.0.1"}]})");
  world.engine.run("stranger", base::parse_json(R"({"Image":"busybox","ExposedPorts":{"53/udp":{}},
      "HostConfig":{"PortBindings":{"53/udp":[{"HostIp":"","HostPort":"5353"}]}}})"));
  world.refresh();
  const std::string said = text(plan("Container", "shop-web-1", R"({"containerName":"stranger","networkMode":"bridge",
      "ports":[{"containerPort":1,"hostPort":8080},{"containerPort":2,"hostPort":5353,"protocol":"UDP"},
               {"containerPort":3,"hostPort":5353}]})"));
  EXPECT_NE(
      said.find("warning Container shop-web-1: port 5353/udp of host local is that of container \"stranger\" of the "
                "engine\nwarning Container shop-web-1: port 8080/tcp of host local is that of Container "
                "default/other\n"),
      std::string::npos)
      << said;
  EXPECT_NE(said.find("the name \"stranger\" on host local is that of container \"stranger\""), std::string::npos)
      << said;
  EXPECT_EQ(said.find("5353/tcp"), std::string::npos) << said;
  const std::string elsewhere =
      text(plan("Container", "shop-web-1", R"({"ports":[{"containerPort":1,"hostPort":8080,"hostIP":"127.0.0.2"}]})"));
  EXPECT_EQ(elsewhere.find("warning"), std::string::npos) << elsewhere;
}

TEST_F(PlanTest, AStacksOwnContainersAreNoClash) {
  const std::string file =
      "services: {new: {image: busybox, command: sleep 9, container_name: shop-web-1, network_mode: bridge}}";
  const Json made = plan("ComposeStack", "shop", R"({"compose":")" + file + "\"}");
  EXPECT_FALSE(made.at("changes").as_array().empty());
  EXPECT_EQ(text(made).find("warning"), std::string::npos) << text(made);
}

}  // namespace
}  // namespace berth::reconcilers
