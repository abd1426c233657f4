// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/audit.hpp"

#include "base/scope.hpp"
#include "resources/audit/audit_records.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::refusal;
using namespace std::chrono_literals;

class AuditTest : public testing::ResourcesTest {
 protected:
  std::uint64_t next_sequence() { return store.read_journal(kAuditJournal, 1, 100000).size() + 1; }
};

TEST_F(AuditTest, EveryWriteHasOneRecordInItsOwnCommit) {
  const auto from = next_sequence();
  const Written created = create_web();
  const Written patched = merge(container, "web", R"({"spec":{"image":"nginx:2"}})");
  const Written removed = remove(container, "web");
  EXPECT_EQ(store.commits, 4) << "with the revision that the patch took away";
  EXPECT_EQ(store.appends, 0);
  const auto records = audit(from);
  ASSERT_EQ(records.size(), 3u);
  const Json& first = records[0];
  EXPECT_EQ(base::string_at(first, "kind"), "write");
  EXPECT_EQ(base::string_at(first, "verb"), "create");
  EXPECT_EQ(base::string_at(first, "actor"), "alice");
  EXPECT_EQ(base::to_canonical(first.at("groups")), R"(["system:masters"])");
  EXPECT_EQ(base::string_at(first, "authMethod"), "certificate");
  EXPECT_EQ(base::string_at(first, "sourceAddress"), "192.0.2.7:51234");
  EXPECT_EQ(base::string_at(first, "requestId"), "req-1");
  EXPECT_EQ(base::string_at(first, "decision"), "allow");
  EXPECT_EQ(base::string_at(first, "time"), base::format_micro_time(clock.now()));
  EXPECT_EQ(base::string_at(first, "resource.group"), "berth.dev");
  EXPECT_EQ(base::string_at(first, "resource.resource"), "containers");
  EXPECT_EQ(base::string_at(first, "resource.namespace"), "default");
  EXPECT_EQ(base::string_at(first, "resource.name"), "web");
  EXPECT_EQ(base::string_at(first, "resource.uid"), base::string_at(created.object.parse(), "metadata.uid"));
  EXPECT_EQ(base::string_at(first, "revisionAfter"), std::to_string(created.object.revision));
  EXPECT_EQ(base::find_path(first, "revisionBefore"), nullptr);
  EXPECT_EQ(base::string_at(records[1], "verb"), "patch");
  EXPECT_EQ(base::string_at(records[1], "revisionBefore"), std::to_string(created.object.revision));
  EXPECT_EQ(base::string_at(records[2], "verb"), "delete");
  EXPECT_EQ(base::string_at(records[2], "revisionAfter"), std::to_string(removed.object.revision));
  EXPECT_FALSE(store.verify_journal(kAuditJournal).first_bad);
}

// Verification makes the record's text again from its values, members by name.
TEST_F(AuditTest, AWriteIsOneCanonicalText) {
  Caller caller{.user = "zoe \"\xff", .groups = {"b", "a\n"}, .auth_method = "token"};
  caller.impersonator = "root";
  caller.source_address = "[2001:db8::1]:5";
  caller.request_id = "r/1";
  Caller crowded;
  crowded.groups.assign(1000, std::string(1000, 'g'));
  for (const Caller& who : {caller, Caller(), crowded}) {
    for (const WriteRecord& write :
         {WriteRecord{"create", Part::Main, "ns", "a", "u", 0}, WriteRecord{"update", Part::Status, "", "b", "", 7},
          WriteRecord{"update", Part::Finalize, "", "", "", 8}}) {
      const store::Draft draft = write_record(who, container, write, clock.now()).record;
      Json read = base::parse_json(draft.head + "12" + draft.tail);
      EXPECT_EQ(base::string_at(read, "revisionAfter"), "12");
      EXPECT_EQ(base::string_at(read, "subresource"), write.part == Part::Status     ? "status"
                                                      : write.part == Part::Finalize ? "finalize"
                                                                                     : "");
      EXPECT_EQ(base::string_at(read, "revisionBefore"), write.before == 0 ? "" : std::to_string(write.before));
      EXPECT_EQ(base::string_at(read, "resource.name"), write.name);
      EXPECT_LE(draft.tail.size(), 64u * 260 + 1000);
      read.as_object().erase("revisionAfter");
      EXPECT_EQ(draft.head + "12\"," + base::to_canonical(read).substr(1), draft.head + "12" + draft.tail);
    }
  }
}

TEST_F(AuditTest, WhatChangesNothingIsNotOnRecord) {
  create_web();
  const auto from = next_sequence();
  merge(container, "web", R"({"spec":{"image":"nginx:1.27"}})");
  merge(container, "web", R"({"spec":{"image":"nginx:2"}})", {.dry_run = DryRun::All});
  refusal([&] { create_web(); });
  refusal([&] { merge(container, "web", R"({"spec":{"image":7}})"); });
  EXPECT_TRUE(audit(from).empty());
}

TEST_F(AuditTest, StatusOfControllersAndEventsAreNot) {
  const Json object = create_web().object.parse();
  const std::string uid(base::string_at(object, "metadata.uid"));
  const auto from = next_sequence();
  base::run(
      resources->set_status(controller, container, "default", "web", uid, base::parse_json(R"({"phase":"Running"})")));
  base::run(resources->note_event(controller, container, object, {EventNote::Type::Normal, "Started", "started"}));
  EXPECT_TRUE(audit(from).empty());
  merge(container, "web", R"({"status":{"phase":"Exited"}})", {}, Part::Status);
  const auto records = audit(from);
  ASSERT_EQ(records.size(), 1u) << "a user's write to /status is";
  EXPECT_EQ(base::string_at(records[0], "subresource"), "status");
  Caller liar = user;
  liar.user = "system:controller:container";
  EXPECT_TRUE(is_audited(liar, container, Part::Status)) << "a name is not enough";
}

TEST_F(AuditTest, FinalizersTakenAwayAreOnRecord) {
  const std::string uid(base::string_at(create_web().object.parse(), "metadata.uid"));
  remove(container, "web");
  const auto from = next_sequence();
  base::run(resources->remove_finalizer(controller, container, "default", "web", uid, "berth.dev/engine"));
  const auto records = audit(from);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(base::string_at(records[0], "actor"), "system:controller:container");
}

class ActionTest : public AuditTest {
 protected:
  const EngineAction start_{"start", "local", "web", "Container", "default", "web", "uid-1"};
  std::uint64_t begin() { return base::run(resources->begin_action(controller, start_)); }
  void end(std::uint64_t intent, EngineOutcome outcome = {true, "", 5ms}) {
    base::run(resources->end_action(controller, intent, start_, std::move(outcome)));
  }
};

TEST_F(ActionTest, HaveAnIntentAndAnOutcome) {
  const auto intent = begin();
  end(intent, {false, "port is taken", 12ms});
  const auto records = audit(intent);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(base::to_canonical(records[0]),
            R"({"action":"start","actor":"system:controller:container","authMethod":"controller","decision":"allow",)"
            R"("host":"local","kind":"engine","phase":"intent","resource":{"group":"berth.dev","name":"web",)"
            R"("namespace":"default","resource":"containers","uid":"uid-1"},"target":"web","time":")" +
                base::format_micro_time(clock.now()) + R"(","verb":"start"})");
  EXPECT_EQ(base::string_at(records[1], "phase"), "outcome");
  EXPECT_EQ(base::int_at(records[1], "intent"), static_cast<std::int64_t>(intent));
  EXPECT_EQ(base::string_at(records[1], "result"), "failed");
  EXPECT_EQ(base::string_at(records[1], "message"), "port is taken");
  EXPECT_EQ(base::int_at(records[1], "durationMs"), 12);
}

TEST_F(ActionTest, NoRecordNoAction) {
  store.append_error = base::unavailable("disk full", 5s);
  EXPECT_EQ(refusal([&] { begin(); }).reason(), base::Reason::ServiceUnavailable);
  store.append_error.reset();
  for (int i = 0; i < 600; ++i) end(begin());
  base::run(Resources::make({&store, &keys, &clock, &metrics})->close_open_actions());
  EXPECT_GT(store.journal_read_from, 1000u) << "what never was an intent holds no mark back";
}

TEST_F(ActionTest, LongMessagesAreCutBetweenCharacters) {
  const auto intent = begin();
  end(intent, {false, std::string(4095, 'x') + "\xC3\xA9tail", 1ms});
  const Json record = audit(intent).back();
  EXPECT_EQ(base::string_at(record, "message"), std::string(4095, 'x'));
}

TEST_F(ActionTest, IntentsWithoutOutcomeBecomeUnknownOnce) {
  const auto done = begin();
  end(done);
  const auto lost = begin();
  const auto restarted = Resources::make({&store, &keys, &clock, &metrics});
  base::run(restarted->close_open_actions());
  const auto records = audit(lost + 1);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(base::string_at(records[0], "result"), "unknown");
  EXPECT_EQ(base::string_at(records[0], "phase"), "outcome");
  EXPECT_EQ(base::string_at(records[0], "action"), "start");
  EXPECT_EQ(base::int_at(records[0], "intent"), static_cast<std::int64_t>(lost));
  store.journal_read_from = ~std::uint64_t{0};
  base::run(Resources::make({&store, &keys, &clock, &metrics})->close_open_actions());
  EXPECT_EQ(audit(lost + 1).size(), 1u);
}

TEST_F(ActionTest, AStartReadsOnlyTheTail) {
  for (int i = 0; i < 600; ++i) end(begin());
  store.journal_read_from = ~std::uint64_t{0};
  base::run(Resources::make({&store, &keys, &clock, &metrics})->close_open_actions());
  EXPECT_GT(store.journal_read_from, 1000u);
}

TEST_F(ActionTest, TheMarkWaitsForWhatIsOpen) {
  const auto lost = begin();
  for (int i = 0; i < 600; ++i) end(begin());
  store.journal_read_from = ~std::uint64_t{0};
  base::run(Resources::make({&store, &keys, &clock, &metrics})->close_open_actions());
  EXPECT_LE(store.journal_read_from, lost);
  EXPECT_EQ(base::int_at(audit().back(), "intent"), static_cast<std::int64_t>(lost));
}

class DenialTest : public AuditTest {
 protected:
  void deny(const std::string& name = "web", const std::string& port = "1") {
    Caller caller = user;
    caller.source_address = "192.0.2.9:" + port;
    base::run(resources->note_denial(caller, "get", "containers.berth.dev", "default", name, "no"));
  }
  void deny_invented(const Caller& caller, int number) {
    const std::string path = "/made.up/" + std::to_string(number) + std::string(10'000, 'x');
    base::run(resources->note_denial(caller, "get", path, "", path, path));
  }
};

TEST_F(DenialTest, WhatACallerMakesUpIsBounded) {
  const auto from = next_sequence();
  for (int i = 0; i < 64 + 100; ++i) deny_invented(user, i);
  auto records = audit(from);
  ASSERT_EQ(records.size(), 64u + 1);
  EXPECT_LT(base::to_canonical(records[0]).size(), 3000u);
  EXPECT_EQ(base::string_at(records[0], "resource.group"), "") << "a path has no group";
  clock.advance(61s);
  deny();
  records = audit(from);
  ASSERT_EQ(records.size(), 64u + 1 + 2);
  EXPECT_EQ(base::int_at(records[65], "count"), 99);
  EXPECT_EQ(base::string_at(records[65], "actor"), user.user);
  EXPECT_EQ(base::string_at(records[65], "resource.resource"), "*");
}

TEST_F(DenialTest, NobodyHidesAnother) {
  Caller flooding;
  flooding.user = "mallory";
  for (int i = 0; i < 5000; ++i) deny_invented(flooding, i);
  // And others, until there is no room for anybody's kinds.
  for (int who = 0; who < 64; ++who) {
    flooding.user = "mallory-" + std::to_string(who);
    for (int i = 0; i < 64; ++i) deny_invented(flooding, i);
  }
  const auto from = next_sequence();
  deny();
  for (int i = 0; i < 3; ++i) deny_invented(user, i);
  auto records = audit(from);
  ASSERT_EQ(records.size(), 2u) << "one's own, whatever others do, and that there is more";
  EXPECT_EQ(base::string_at(records[0], "actor"), user.user);
  EXPECT_EQ(base::string_at(records[0], "resource.name"), "web");
  clock.advance(61s);
  deny();
  records = audit(from);
  const auto own = std::ranges::find_if(records, [](const Json& record) { return base::int_at(record, "count") == 2; });
  ASSERT_NE(own, records.end());
  EXPECT_EQ(base::string_at(*own, "actor"), user.user);
  const auto flood =
      std::ranges::find_if(records, [](const Json& record) { return base::string_at(record, "actor") == "mallory"; });
  ASSERT_NE(flood, records.end());
  EXPECT_EQ(base::int_at(*flood, "count"), 5000 - 64 - 1);
}

// Nor does one who acts as many have the room of many.
TEST_F(DenialTest, WhoActsAsManyIsOne) {
  const auto from = next_sequence();
  Caller acting;
  acting.impersonator = "alice";
  for (int i = 0; i < 100; ++i) {
    acting.user = "robot" + std::to_string(i);
    base::run(resources->note_denial(acting, "get", "secrets", "default", "key", "no"));
  }
  EXPECT_EQ(audit(from).size(), 64u + 1);
  clock.advance(61s);
  deny();
  EXPECT_EQ(base::string_at(audit(from)[65], "actor"), "alice");
}

TEST_F(DenialTest, WhatIsNotServedIsOneKind) {
  const auto from = next_sequence();
  for (const char* resource : {"nodes", "r1", "r2.made.up", "pods.berth.dev/status"}) {
    base::run(resources->note_denial(user, "get", resource, "default", "x", "no"));
  }
  for (const char* resource : {"secrets", "containers.berth.dev", "containers.berth.dev/status"}) {
    base::run(resources->note_denial(user, "get", resource, "default", "x", "no"));
  }
  auto records = audit(from);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(base::string_at(records[0], "resource.resource"), "nodes");
  EXPECT_EQ(base::string_at(records[3], "resource.group"), "berth.dev");
  EXPECT_EQ(base::string_at(records[3], "subresource"), "status");
  clock.advance(61s);
  deny();
  records = audit(from);
  EXPECT_EQ(base::int_at(records[4], "count"), 3);
  EXPECT_EQ(base::string_at(records[4], "resource.resource"), "*");
}

TEST_F(DenialTest, WhomOneWantedToBeIsOnRecord) {
  const auto from = next_sequence();
  for (const char* name : {"root", "eve", "root"}) {
    base::run(resources->note_denial(user, "impersonate", "users", "", name, "no"));
  }
  base::run(resources->note_denial(user, "impersonate", "userextras.authentication.k8s.io/a.b", "", "x", "no"));
  const auto records = audit(from);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(base::string_at(records[1], "resource.name"), "eve");
  EXPECT_EQ(base::string_at(records[2], "resource.resource"), "userextras");
  EXPECT_EQ(base::string_at(records[2], "resource.group"), "authentication.k8s.io");
  EXPECT_EQ(base::string_at(records[2], "subresource"), "a.b");
}

TEST_F(DenialTest, ACallerIsCutWithAMark) {
  const auto from = next_sequence();
  Caller big;
  big.user = std::string(2000, 'u');
  big.impersonator = std::string(2000, 'i');
  for (int i = 0; i < 1000; ++i) big.groups.push_back(std::to_string(i) + std::string(1000, 'g'));
  big.extra["k"] = {std::string(60'000, 'e')};
  base::run(resources->note_denial(big, "get", "secrets", "default", "key", "no"));
  const Json record = audit(from).at(0);
  EXPECT_EQ(base::string_at(record, "actor"), std::string(509, 'u') + "\u2026");
  EXPECT_EQ(base::string_at(record, "impersonator"), std::string(509, 'i') + "\u2026");
  const auto& groups = record.at("groups").as_array();
  ASSERT_EQ(groups.size(), 64u);
  EXPECT_EQ(groups[0].as_string(), "0" + std::string(252, 'g') + "\u2026");
  EXPECT_EQ(groups[63].as_string(), "\u2026");
  EXPECT_LT(base::to_canonical(record).size(), 20'000u);
}

TEST_F(DenialTest, OneRecordAtOnceAndOneForTheRepeats) {
  const auto from = next_sequence();
  deny();
  auto records = audit(from);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(base::string_at(records[0], "decision"), "deny");
  EXPECT_EQ(base::string_at(records[0], "resource.group"), "berth.dev");
  EXPECT_EQ(base::string_at(records[0], "resource.name"), "web");
  EXPECT_EQ(base::int_at(records[0], "count"), 1);
  for (int i = 0; i < 50; ++i) deny("other", std::to_string(i));
  EXPECT_EQ(audit(from).size(), 1u) << "another port and another name are the same caller";
  clock.advance(61s);
  deny();
  records = audit(from);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(base::int_at(records[1], "count"), 50);
  EXPECT_EQ(base::int_at(records[2], "count"), 1);
}

Task<void> end(base::Scope& scope) {
  scope.cancel();
  co_await scope.join();
}

TEST_F(DenialTest, AMinuteIsClosedByTheClock) {
  const auto from = next_sequence();
  base::Loop loop("denials");
  base::Scope scope(loop.executor(), "denials");
  scope.spawn_from_anywhere([this] { return resources->audit_records().keep_denials(); });
  ASSERT_TRUE(clock.wait_for_sleepers(1));
  deny();
  clock.advance(1s);
  const std::string first = base::format_micro_time(clock.now());
  deny();
  clock.advance(2s);
  const std::string last = base::format_micro_time(clock.now());
  deny();
  EXPECT_EQ(audit(from).size(), 1u);
  clock.advance(57s);
  ASSERT_TRUE(clock.wait_for_sleepers(1)) << "for the next minute";
  const auto records = audit(from);
  ASSERT_EQ(records.size(), 2u) << "nobody was denied anything since";
  EXPECT_EQ(base::int_at(records[1], "count"), 2);
  EXPECT_EQ(base::string_at(records[1], "firstTime"), first);
  EXPECT_EQ(base::string_at(records[1], "lastTime"), last);
  EXPECT_EQ(base::find_path(records[0], "firstTime"), nullptr);
  clock.advance(60s);
  ASSERT_TRUE(clock.wait_for_sleepers(1));
  EXPECT_EQ(audit(from).size(), 2u) << "a quiet minute has none";
  loop.run_and_wait([&scope] { return end(scope); });
}

TEST_F(DenialTest, AGracefulEndLosesNoCount) {
  const auto from = next_sequence();
  for (int i = 0; i < 5; ++i) deny();
  base::run(resources->audit_records().flush_denials());
  auto records = audit(from);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(base::int_at(records[1], "count"), 4);
  base::run(resources->audit_records().flush_denials());
  EXPECT_EQ(audit(from).size(), 2u);
}

}  // namespace
}  // namespace berth::resources
