// SPDX-License-Identifier: Apache-2.0
#include "controller/namespace_reconciler.hpp"

#include <thread>

#include "controller/loops_fixture.hpp"

namespace berth::controller {
namespace {

using namespace std::chrono_literals;
using base::Json;
using base::Task;

// "type status reason message", a line each.
std::string lines_of(const Json& conditions) {
  std::string lines;
  for (const Json& each : conditions.as_array()) {
    for (const char* member : {"type", "status", "reason"}) {
      lines.append(base::string_at(each, member)).append(" ");
    }
    lines.append(base::string_at(each, "message")).append("\n");
  }
  return lines;
}

class NamespaceReconcilerTest : public testing::LoopsTest {
 public:
  using LoopsTest::LoopsTest;
  Task<void> make_team() { co_await make("team", {}, {}, "", "Namespace"); }
  Task<void> drop_team() { co_await drop("team", "", "", "Namespace"); }
  bool team_gone() const { return gone("team", "", "Namespace"); }

  Task<void> empty_one() {
    co_await make_team();
    co_await drop_team();
    co_await until([&] { return team_gone(); });
  }

  Task<void> full_one() {
    co_await make_team();
    co_await make("other", {}, {}, "", "Namespace");
    for (int i = 0; i < 100; ++i) co_await make("c" + std::to_string(i), {}, {}, "team");
    co_await make("s", {}, {}, "team", "Secret");
    co_await make("c", {}, {}, "other");
    co_await drop_team();
    co_await until([&] { return team_gone(); });
    EXPECT_EQ(count("/core/configmaps/team/") + count("/core/secrets/team/"), 0u);
    EXPECT_FALSE(gone("c", "other"));
  }

  // The loops end in the middle of it.
  Task<void> begin_a_full_one() {
    co_await make_team();
    for (int i = 0; i < 300; ++i) co_await make("c" + std::to_string(i), {}, {}, "team");
    co_await drop_team();
    co_await until([&] { return count("/core/configmaps/team/") < 300; });
  }
  Task<void> end_in_between() {
    EXPECT_GT(count("/core/configmaps/team/"), 0u);
    co_await until([&] { return team_gone(); });
  }

  Task<void> held_one() {
    co_await make_team();
    co_await make("held", {}, {"example.com/hold"}, "team");
    co_await make("free", {}, {}, "team");
    co_await drop_team();
    co_await until([&] {
      const auto team = find("team", "", "Namespace");
      return team && base::find_path(*team, "status.conditions") != nullptr;
    });
    const Json team = *find("team", "", "Namespace");
    EXPECT_EQ(base::string_at(team, "status.phase"), "Terminating");
    EXPECT_EQ(lines_of(*base::find_path(team, "status.conditions")),
              "NamespaceDeletionDiscoveryFailure False ResourcesDiscovered All resources successfully discovered\n"
              "NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions All legacy kube types "
              "successfully parsed\n"
              "NamespaceDeletionContentFailure False ContentDeleted All content successfully deleted, may be waiting "
              "on finalization\n"
              "NamespaceContentRemaining True SomeResourcesRemain Some resources are remaining: configmaps. has 1 "
              "resource instances\n"
              "NamespaceFinalizersRemaining True SomeFinalizersRemain Some content in the namespace has finalizers "
              "remaining: example.com/hold in 1 resource instances\n");
    EXPECT_TRUE(gone("free", "team"));
    co_await settle();
    const auto revision = resources->revision();
    co_await settle();
    EXPECT_EQ(resources->revision(), revision) << "waiting writes nothing";
    co_await patch("held", R"({"metadata":{"finalizers":null}})", "team");
    co_await until([&] { return team_gone(); });
  }

  // So much happens at once that the feed misses the end of what the namespace waits for.
  Task<void> missed_end() {
    co_await make_team();
    co_await make("held", {}, {"example.com/hold"}, "team");
    co_await drop_team();
    co_await until([&] {
      const auto team = find("team", "", "Namespace");
      return team && base::find_path(*team, "status.conditions") != nullptr;
    });
    co_await settle();
    // This loop stands still meanwhile.
    std::thread([this] { base::run(end_among_others()); }).join();
    EXPECT_TRUE(gone("held", "team"));
    co_await until([&] { return team_gone(); });
  }
  Task<void> end_among_others() {
    co_await patch("held", R"({"metadata":{"finalizers":null}})", "team");
    for (int i = 0; i < 20; ++i) co_await make("c" + std::to_string(i));
  }

  Task<void> begun_before() {
    co_await until([&] { return team_gone(); });
    EXPECT_TRUE(gone("c", "team"));
  }

  Task<void> another_finalizer() {
    co_await make_team();
    const std::string uid(base::string_at(*find("team", "", "Namespace"), "metadata.uid"));
    const resources::Edit add = [](Json& object) {
      base::make_path(object, "spec")["finalizers"].as_array().emplace_back("example.com/x");
      return true;
    };
    co_await resources->amend(user, kind_named("Namespace"), "", "team", uid, resources::Part::Finalize, add);
    co_await drop_team();
    co_await until([&] {
      return base::to_canonical(find("team", "", "Namespace")->at("spec").at("finalizers")) == R"(["example.com/x"])";
    });
    co_await settle();
    EXPECT_FALSE(team_gone()) << "somebody else holds it";
  }

  // Whoever was told that its object exists sees it go with the namespace, not before; nothing is left behind.
  Task<void> racing_creates() {
    co_await make_team();
    std::size_t made = 0;
    bool refused = false;
    base::Scope scope(co_await base::this_loop(), "creates");
    for (int writer = 0; writer < 4; ++writer) scope.spawn(create_until_refused(writer, made, refused));
    co_await until([&] { return made > 40; });
    co_await drop_team();
    co_await scope.join();
    EXPECT_TRUE(refused);
    co_await until([&] { return team_gone(); });
    EXPECT_EQ(count("/core/configmaps/team/"), 0u);
    EXPECT_EQ(removals(), made);
  }
  Task<void> create_until_refused(int writer, std::size_t& made, bool& refused) {
    for (int i = 0;; ++i) {
      try {
        co_await make("c" + std::to_string(writer) + "-" + std::to_string(i), {}, {}, "team");
      } catch (const base::Status& status) {
        refused = true;
        const bool expected = status.reason() == base::Reason::Forbidden || status.reason() == base::Reason::NotFound;
        EXPECT_TRUE(expected) << status.what();
        co_return;
      }
      ++made;
      co_await base::asio::post(base::use_task);
    }
  }
  // Of ConfigMaps, by the audit.
  std::size_t removals() const {
    std::size_t count = 0;
    for (const auto& record : store->read_journal("audit", 1, 100000)) {
      const Json value = base::parse_json(record.bytes);
      const bool counts =
          base::string_at(value, "verb") == "delete" && base::string_at(value, "resource.resource") == "configmaps";
      if (counts) ++count;
    }
    return count;
  }
};

TEST_F(NamespaceReconcilerTest, AnEmptyOneGoes) { run(&NamespaceReconcilerTest::empty_one); }
TEST_F(NamespaceReconcilerTest, AFullOneIsEmptiedAndGoes) { run(&NamespaceReconcilerTest::full_one); }
TEST_F(NamespaceReconcilerTest, MayBeStoppedInTheMiddle) {
  run(&NamespaceReconcilerTest::begin_a_full_one);
  run(&NamespaceReconcilerTest::end_in_between);
}

TEST_F(NamespaceReconcilerTest, SaysWhatItWaitsFor) { run(&NamespaceReconcilerTest::held_one); }
TEST_F(NamespaceReconcilerTest, GoesOnWithWhatWasBegun) {
  base::run(make_team());
  base::run(make("c", {}, {}, "team"));
  base::run(drop_team());
  run(&NamespaceReconcilerTest::begun_before);
}
TEST_F(NamespaceReconcilerTest, AnotherFinalizerKeepsIt) { run(&NamespaceReconcilerTest::another_finalizer); }
TEST_F(NamespaceReconcilerTest, NoAcknowledgedObjectIsLost) { run(&NamespaceReconcilerTest::racing_creates); }

class ShortMemoryTest : public NamespaceReconcilerTest {
 public:
  ShortMemoryTest() : NamespaceReconcilerTest({.ring = {.events = 8}}) {}
};
TEST_F(ShortMemoryTest, AnEndThatTheFeedMissedIsMadeUpFor) { run(&ShortMemoryTest::missed_end); }

TEST(NamespaceConditions, AStatusThatStaysKeepsItsTime) {
  const base::WallTime first{1h};
  NamespaceContent content;
  content.objects["containers.berth.dev"] = 2;
  content.failures = {"no"};
  const Json before = namespace_conditions(content, nullptr, first);
  content.objects["containers.berth.dev"] = 1;
  content.failures.clear();
  const Json after = namespace_conditions(content, &before, first + 1min);
  EXPECT_EQ(base::string_at(before.at(2), "message"), "Failed to delete all resource types, 1 remaining: no");
  EXPECT_EQ(base::string_at(after.at(2), "lastTransitionTime"), base::format_time(first + 1min));
  EXPECT_EQ(base::string_at(after.at(3), "lastTransitionTime"), base::format_time(first));
  EXPECT_EQ(base::string_at(after.at(3), "message"),
            "Some resources are remaining: containers.berth.dev has 1 resource instances");
}

}  // namespace
}  // namespace berth::controller
