// SPDX-License-Identifier: Apache-2.0
#include "controller/controller.hpp"

#include <map>

#include "controller/event_expiry.hpp"
#include "controller/loops_fixture.hpp"
#include "controller/referenced_kinds.hpp"

namespace berth::controller {
namespace {

using namespace std::chrono_literals;
using base::Task;

// What the reconciler under test does, and what was asked of it. On the loop only.
struct Script {
  std::map<std::string, int> passes;
  std::map<std::string, int> failures;  // so many more passes of this object throw
  std::optional<std::chrono::seconds> again;
  std::size_t at_work = 0;
  std::size_t most_at_work = 0;
  bool held = false;     // passes wait for this to become false
  bool by_name = false;  // the lane is the name's first part: "slow" of "slow-1"
};

class ScriptedReconciler : public Reconciler {
 public:
  explicit ScriptedReconciler(Script& script) : script_(script) {}
  const schemas::Kind& kind() const override { return schemas::Catalog::instance().by_name("Container"); }
  std::string lane(const Key& key) const override {
    return script_.by_name ? key.name.substr(0, key.name.find('-')) : "";
  }
  Task<Requeue> reconcile(Key key) override {
    ++script_.passes[key.name];
    script_.most_at_work = std::max(script_.most_at_work, ++script_.at_work);
    while (script_.held) co_await base::asio::post(base::use_task);
    --script_.at_work;
    if (script_.failures[key.name]-- > 0) throw base::internal_error("scripted");
    if (script_.again) co_return Requeue::after(*script_.again);
    co_return Requeue::never();
  }

 private:
  Script& script_;
};

class ControllerTest : public testing::LoopsTest {
 public:
  ControllerTest() : LoopsTest({.ring = {.events = 8}}) {}

  // Runs `body` beside a started controller, on one loop.
  void run(Task<void> (ControllerTest::*body)(Controller&), ControllerOptions options = {}) {
    base::run(run_task(body, options));
  }
  Task<void> run_task(Task<void> (ControllerTest::*body)(Controller&), ControllerOptions options) {
    Controller controller(std::make_unique<ScriptedReconciler>(script), *resources, clock, metrics,
                          co_await base::this_loop(), options);
    controller.start();
    std::exception_ptr error;
    try {
      co_await (this->*body)(controller);
    } catch (...) {
      error = std::current_exception();
    }
    script.held = false;
    co_await controller.stop();
    if (error) std::rethrow_exception(error);
  }
  Task<void> create(std::string name, std::string secret = "") {
    base::Json object = base::parse_json(
        R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{},"spec":{"host":"local","image":"x"}})");
    object.at("metadata").as_object()["name"] = name;
    if (!secret.empty()) {
      object.at("spec").as_object()["envFrom"] =
          base::JsonArray{base::JsonObject{{"secretRef", base::JsonObject{{"name", secret}}}}};
    }
    co_await resources->create(user, kind_named("Container"), "default", {object, {}}, {});
  }
  Task<void> create_secret(std::string name) {
    base::Json object = base::parse_json(R"({"apiVersion":"v1","kind":"Secret","metadata":{}})");
    object.at("metadata").as_object()["name"] = name;
    co_await resources->create(user, kind_named("Secret"), "default", {object, {}}, {});
  }
  Task<void> write_status(std::string name, std::string phase) {
    const std::string uid(
        base::string_at(resources->get(kind_named("Container"), "default", name).parse(), "metadata.uid"));
    co_await resources->set_status(user, kind_named("Container"), "default", name, uid,
                                   base::JsonObject{{"phase", phase}});
  }

  Task<void> picks_up_what_is_there(Controller&) {
    co_await until([&] { return script.passes["web"] == 1; });
    co_await create("later");
    co_await until([&] { return script.passes["later"] == 1; });
    co_await settle();
    EXPECT_EQ(script.passes["web"], 1);
  }
  Task<void> backs_off(Controller& controller) {
    co_await until([&] { return script.passes["web"] == 1; });
    co_await until([&] { return clock.sleepers() > 0; });
    // What the failing pass itself moves does not cut the backoff short.
    co_await write_status("web", "Pending");
    controller.wake({"default", "web"});
    co_await settle();
    EXPECT_EQ(script.passes["web"], 1);
    clock.advance(200ms);
    co_await until([&] { return script.passes["web"] == 2; });
    co_await until([&] { return clock.sleepers() > 0; });
    clock.advance(200ms);
    co_await settle();
    EXPECT_EQ(script.passes["web"], 2) << "the second wait is twice as long";
    clock.advance(200ms);
    co_await until([&] { return script.passes["web"] == 3; });
    co_await settle();
    EXPECT_EQ(script.passes["web"], 3);
    EXPECT_EQ(
        metrics
            .counter("berth_reconcile_errors_total", "Passes that ended with an error.", {{"controller", "container"}})
            .value(),
        2);
  }
  Task<void> new_spec_ends_a_backoff(Controller&) {
    co_await until([&] { return script.passes["web"] == 1; });
    co_await settle();
    co_await resources->patch(user, kind_named("Container"), "default", "web", resources::Part::Main,
                              resources::PatchType::Merge, base::parse_json_reporting(R"({"spec":{"image":"y"}})"), {});
    co_await until([&] { return script.passes["web"] == 2; });
  }
  // The second try of a new spec waits as long as the first spec's second, and not as long as its fourth.
  Task<void> new_spec_backs_off_anew(Controller&) {
    for (const auto wait : {200ms, 400ms}) {
      const int before = script.passes["web"];
      co_await until([&] { return script.passes["web"] > 0 && clock.sleepers() > 0; });
      clock.advance(wait);
      co_await until([&] { return script.passes["web"] > before; });
    }
    co_await settle();
    const int before = script.passes["web"];
    co_await resources->patch(user, kind_named("Container"), "default", "web", resources::Part::Main,
                              resources::PatchType::Merge, base::parse_json_reporting(R"({"spec":{"image":"y"}})"), {});
    co_await until([&] { return script.passes["web"] == before + 1; });
    co_await settle();
    clock.advance(200ms);
    co_await until([&] { return script.passes["web"] == before + 2; });
  }
  Task<void> comes_again(Controller&) {
    co_await until([&] { return script.passes["web"] == 1 && clock.sleepers() > 0; });
    clock.advance(4s);
    co_await settle();
    EXPECT_EQ(script.passes["web"], 1);
    clock.advance(1s);
    co_await until([&] { return script.passes["web"] == 2; });
  }
  Task<void> one_worker_a_key(Controller& controller) {
    co_await until([&] { return script.passes["web"] == 1; });
    for (int i = 0; i < 10; ++i) controller.wake({"default", "web"});
    co_await settle();
    EXPECT_EQ(script.passes["web"], 1);
    script.held = false;
    co_await until([&] { return script.passes["web"] == 2; });
    co_await settle();
    EXPECT_EQ(script.passes["web"], 2);
    EXPECT_EQ(script.most_at_work, 1u);
  }
  Task<void> so_many_workers(Controller&) {
    for (int i = 0; i < 6; ++i) co_await create("c" + std::to_string(i));
    co_await settle();
    EXPECT_EQ(script.most_at_work, 2u);
    script.held = false;
    co_await until([&] { return script.passes.size() == 6; });
    EXPECT_EQ(script.most_at_work, 2u);
  }
  // Two slow hosts: the third one's object does not wait for them.
  Task<void> slow_hosts(Controller&) {
    for (int i = 0; i < 6; ++i) co_await create("slow-" + std::to_string(i));
    co_await until([&] { return script.at_work == 2; });
    co_await create("quick-0");
    co_await until([&] { return script.passes["quick-0"] == 1; });
    EXPECT_EQ(script.passes.size(), 3u);
    // Passes that take their time give their places up.
    co_await until([&] { return clock.sleepers() > 0; });
    clock.advance(2s);
    co_await until([&] { return script.passes.size() == 5; });
    co_await settle();
    EXPECT_EQ(script.passes.size(), 5u);
  }
  Task<void> woken_by_reference(Controller&) {
    co_await until([&] { return script.passes["user"] == 1 && script.passes["other"] == 1; });
    co_await create_secret("unrelated");
    co_await settle();
    co_await create_secret("db");
    co_await until([&] { return script.passes["user"] == 2; });
    co_await settle();
    EXPECT_EQ(script.passes["other"], 1);
  }
  // Sealed under keys that are not ours: to open it fails.
  Task<void> woken_by_what_stays_sealed(Controller&) {
    co_await until([&] { return script.passes["user"] == 1; });
    const store::KeyRing others = store::KeyRing::open(dir() / "other-keys", true);
    const auto elsewhere = resources::Resources::make({store.get(), &others, &clock, &metrics});
    resources::Body secret = base::parse_json_reporting(R"({"metadata":{"name":"db"},"stringData":{"p":"canary"}})");
    co_await elsewhere->create(user, kind_named("Secret"), "default", std::move(secret), {});
    EXPECT_ANY_THROW(resources->get(kind_named("Secret"), "default", "db"));
    co_await until([&] { return script.passes["user"] == 2; });
  }
  Task<void> sees_deletion(Controller&) {
    co_await until([&] { return script.passes["web"] == 1; });
    co_await resources->remove(user, kind_named("Container"), "default", "web", {});
    co_await until([&] { return script.passes["web"] == 2; });
  }
  Task<void> sees_what_it_missed(Controller&) {
    co_await until([&] { return script.passes["web"] == 1; });
    co_await settle();
    const schemas::Kind& kind = kind_named("Container");
    const std::string uid(base::string_at(resources->get(kind, "default", "web").parse(), "metadata.uid"));
    // Without a wait on this loop, and more than is kept for a watch that is behind.
    base::run(resources->remove(user, kind, "default", "web", {}));
    base::run(resources->remove_finalizer(user, kind, "default", "web", uid, "berth.dev/engine"));
    for (int i = 0; i < 8; ++i) base::run(create("later-" + std::to_string(i)));
    base::run(create("later"));
    base::run(store->compact(store->revision()));
    co_await until([&] { return script.passes["later"] == 1; });
    co_await settle();
    EXPECT_EQ(script.passes["web"], 2);
  }
  Task<void> note(std::string message) {
    const base::Json about = base::parse_json(
        R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"namespace":"default","name":"web","uid":"u"}})");
    co_await resources->note_event(user, kind_named("Container"), about,
                                   {resources::EventNote::Type::Normal, "Started", message});
  }
  Task<std::size_t> events() {
    const auto page = co_await resources->list(kind_named("Event"), "", {});
    co_return page.items.size();
  }
  Task<void> expire_events() {
    EventExpiry expiry(*resources, clock, co_await base::this_loop());
    co_await note("old");
    clock.advance(59min);
    co_await note("young");
    expiry.start();
    co_await until([&] { return clock.sleepers() == 1; });
    EXPECT_EQ(co_await events(), 2u);
    clock.advance(EventExpiry::kPeriod);
    co_await settle();
    EXPECT_EQ(co_await events(), 1u);
    co_await note("young");  // again: counts from now
    clock.advance(58min);
    co_await settle();
    EXPECT_EQ(co_await events(), 1u);
    clock.advance(1h);
    co_await settle();
    EXPECT_EQ(co_await events(), 0u);
    co_await expiry.stop();
  }

  Script script;
};

TEST_F(ControllerTest, PicksUpWhatIsThereAndWhatComes) {
  base::run(create("web"));
  run(&ControllerTest::picks_up_what_is_there);
}

TEST_F(ControllerTest, ErrorsBackOff) {
  base::run(create("web"));
  script.failures["web"] = 2;
  run(&ControllerTest::backs_off);
}

TEST_F(ControllerTest, NewSpecEndsABackoff) {
  base::run(create("web"));
  script.failures["web"] = 1;
  run(&ControllerTest::new_spec_ends_a_backoff);
}

TEST_F(ControllerTest, NewSpecBacksOffAnew) {
  base::run(create("web"));
  script.failures["web"] = 100;
  run(&ControllerTest::new_spec_backs_off_anew);
}

TEST_F(ControllerTest, ComesAgainWhenAsked) {
  base::run(create("web"));
  script.again = 5s;
  run(&ControllerTest::comes_again);
}

TEST_F(ControllerTest, OneWorkerAtATimeForAKey) {
  base::run(create("web"));
  script.held = true;
  run(&ControllerTest::one_worker_a_key);
}

TEST_F(ControllerTest, SoManyWorkersAndNoMore) {
  script.held = true;
  run(&ControllerTest::so_many_workers, {.places = 2});
}

TEST_F(ControllerTest, ASlowHostHoldsUpNoOther) {
  script.held = true;
  script.by_name = true;
  run(&ControllerTest::slow_hosts, {.places = 2});
}

TEST_F(ControllerTest, WakesReferrersOfWhatTheyReferTo) {
  base::run(create("user", "db"));
  base::run(create("other"));
  run(&ControllerTest::woken_by_reference);
}

TEST_F(ControllerTest, OpensNoSecretToSeeThatItChanged) {
  base::run(create("user", "db"));
  run(&ControllerTest::woken_by_what_stays_sealed);
}

TEST_F(ControllerTest, SeesDeletion) {
  base::run(create("web"));
  run(&ControllerTest::sees_deletion);
}

TEST_F(ControllerTest, SeesDeletionThatItsWatchMissed) {
  base::run(create("web"));
  run(&ControllerTest::sees_what_it_missed);
}

TEST_F(ControllerTest, ContainersReferToAllThatTheyName) {
  std::vector<std::string> names;
  for (const schemas::Kind* kind : referenced_kinds(kind_named("Container"))) names.push_back(kind->kind);
  std::ranges::sort(names);
  EXPECT_EQ(names,
            (std::vector<std::string>{"ConfigMap", "Container", "Host", "Network", "Registry", "Secret", "Volume"}));
}

TEST_F(ControllerTest, EventsLiveForAnHour) { base::run(expire_events()); }

}  // namespace
}  // namespace berth::controller
