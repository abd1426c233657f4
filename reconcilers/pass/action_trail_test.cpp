// SPDX-License-Identifier: Apache-2.0
// What an action waits for, and what it does not: intents and pins are on record before the engine is called,
// outcomes and Events follow while the pass goes on.
#include "reconcilers/held_store_testing.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::HeldStore;
using testing::World;
using Names = std::vector<std::string>;

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class ActionTrailTest : public ::testing::Test {
 protected:
  std::unique_ptr<HeldStore> owned_ = std::make_unique<HeldStore>();
  HeldStore& store_ = *owned_;
  World world{testing::Flavour::Engine20, std::move(owned_)};
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(ActionTrailTest, NoActionWaitsForTheOutcomeAndTheEventOfTheOneBefore) {
  std::atomic<bool> started = false;
  engine.after_each_write([&](const std::string& operation) { started = started || operation == "container_start"; });
  store_.holds_key = [&](std::string_view key) { return holds(key, "/events/") && !started; };
  store_.holds_record = [&](std::string_view record) { return holds(record, R"("phase":"outcome")") && !started; };
  world.create("web");
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(store_.gave_up);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.event_reasons(), (Names{"Created", "Started"})) << "a pass ends when all is written";
  const std::string audit = world.audit_text();
  EXPECT_EQ(count(audit, R"("phase":"intent")"), 2u);
  EXPECT_EQ(count(audit, R"("phase":"outcome")"), 2u);
}

TEST_F(ActionTrailTest, OutcomesAreInOrder) {
  world.create("web");
  world.settle();
  const std::string audit = world.audit_text();
  Names order;
  for (std::size_t at = 0; (at = audit.find(R"("action":")", at)) != std::string::npos; ++at) {
    const std::size_t end = audit.find('\n', at);
    const std::string record = audit.substr(at, end - at);
    if (holds(record, R"("phase":"outcome")")) order.push_back(record.substr(10, record.find('"', 10) - 10));
  }
  EXPECT_EQ(order, (Names{"create", "start"}));
}

TEST_F(ActionTrailTest, TheIntentIsOnRecordBeforeTheCall) {
  std::atomic<int> unrecorded = 0;
  std::size_t writes = 0;
  engine.after_each_write([&](const std::string&) {
    ++writes;
    if (count(world.audit_text(), R"("phase":"intent")") < writes) ++unrecorded;
  });
  store_.holds_record = [turns = 0](std::string_view record) mutable {
    return holds(record, R"("phase":"intent")") && ++turns % 1000 != 0;  // takes its time
  };
  world.create("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(writes, 2u);
  EXPECT_EQ(unrecorded, 0);
}

TEST_F(ActionTrailTest, WithoutAnIntentNothingHappens) {
  store_.refuses_record = [](std::string_view record) { return holds(record, R"("phase":"intent")"); };
  world.create("web");
  EXPECT_TRUE(world.settle());
  EXPECT_EQ(engine.writes(), 0u);
}

TEST_F(ActionTrailTest, ThePinIsOnRecordBeforeTheCreateAndBesideItsIntent) {
  std::atomic<bool> intended = false;
  std::atomic<bool> pinned = false;
  engine.after_each_write([&](const std::string& operation) {
    if (operation == "container_create") pinned = world.status().image.has_value();
  });
  store_.holds_record = [&](std::string_view record) {
    intended = intended || holds(record, R"("phase":"intent")");
    return false;
  };
  world.create("web");
  store_.holds_key = [&](std::string_view key) { return holds(key, "/containers/") && !intended; };
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(store_.gave_up);
  EXPECT_TRUE(pinned);
}

TEST_F(ActionTrailTest, AnOutcomeThatIsLostIsCountedAndTheObjectGoesOn) {
  store_.refuses_record = [](std::string_view record) { return holds(record, R"("phase":"outcome")"); };
  world.create("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.event_reasons(), (Names{"Created", "Started"}));
  EXPECT_EQ(world.metrics.counter("berth_audit_outcomes_lost_total", "").value(), 2);
}

}  // namespace
}  // namespace berth::reconcilers
