// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/audit_records.hpp"

#include <thread>

#include "resources/audit/audit.hpp"
#include "resources/audit/audit_filter.hpp"
#include "resources/audit/audit_record_text.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::kind_named;
using testing::refusal;
using namespace std::chrono_literals;

class AuditRecordsTest : public testing::ResourcesTest {
 protected:
  // The records from here on are the test's own.
  void SetUp() override {
    create_web();
    first = store.journal_end(kAuditJournal);
    merge(container, "web", R"({"spec":{"image":"nginx:2"}})");
    base::run(resources->note_denial(user, "delete", "secrets", "default", "key", "no"));
    clock.advance(1h);
    base::run(resources->note_read(user, kind_named("Secret"), "get", "default", "key"));
    base::run(resources->end_action(controller, base::run(resources->begin_action(controller, start_)), start_, {}));
  }

  ListPage list(const std::string& fields = "", std::size_t limit = 0, const std::string& from = "") {
    ListOptions options;
    options.field_selector = fields;
    options.limit = limit;
    options.continue_token = from;
    return base::run(resources->list(kind, "", options));
  }
  // Names relative to `first`, which is "0".
  std::string names(const ListPage& page) {
    std::string text;
    for (const Object& item : page.items) {
      const std::uint64_t sequence = parse_sequence(base::string_at(item.parse(), "metadata.name"));
      if (sequence >= first) text += std::to_string(sequence - first) + " ";
    }
    return text;
  }

  const Kind& kind = kind_named("AuditRecord");
  const EngineAction start_{"start", "local", "web", "Container", "default", "web", "uid-1"};
  std::uint64_t first = 0;
};

TEST_F(AuditRecordsTest, ARecordIsAnObjectNamedByItsSequence) {
  const Object object = resources->get(kind, "", std::to_string(first));
  const Json shown = object.parse();
  EXPECT_EQ(base::string_at(shown, "apiVersion"), "audit.berth.dev/v1");
  EXPECT_EQ(base::string_at(shown, "metadata.resourceVersion"), std::to_string(first));
  EXPECT_EQ(base::int_at(shown, "sequence"), static_cast<std::int64_t>(first));
  EXPECT_EQ(base::string_at(shown, "record.verb"), "create");
  EXPECT_EQ(base::string_at(shown, "revision"), base::string_at(shown, "record.revisionAfter"));
  EXPECT_EQ(base::string_at(shown, "mac").size(), 64u);
  for (const char* name : {"0", "01", "x", "-1", "", "999999", "99999999999999999999999"}) {
    EXPECT_EQ(refusal([&] { resources->get(kind, "", name); }).reason(), base::Reason::NotFound) << name;
  }
}

TEST_F(AuditRecordsTest, FieldsSelect) {
  EXPECT_EQ(names(list()), "0 1 2 3 4 5 ");
  EXPECT_EQ(names(list("actor=alice")), "0 1 2 3 ");
  EXPECT_EQ(names(list("actor!=alice,kind=engine")), "4 5 ");
  EXPECT_EQ(names(list("verb=patch")), "1 ");
  EXPECT_EQ(names(list("decision=deny")), "2 ");
  EXPECT_EQ(names(list("resource=containers.berth.dev,name=web")), "0 1 4 5 ");
  EXPECT_EQ(names(list("resource=secrets,namespace=default")), "2 3 ");
  EXPECT_EQ(names(list("resource=secrets.berth.dev")), "");
  EXPECT_EQ(names(list("kind=read")), "3 ");
  EXPECT_EQ(names(list("metadata.name=" + std::to_string(first + 1))), "1 ");
  const std::string middle = base::format_time(clock.now() - 30min);
  EXPECT_EQ(names(list("since=" + middle)), "3 4 5 ");
  EXPECT_EQ(names(list("verb!=x,until=" + middle)), "0 1 2 ");
  for (const char* bad : {"uid=1", "since=yesterday", "since!=2026-01-02T03:04:05Z", "order=up", "a"}) {
    EXPECT_EQ(refusal([&] { list(bad); }).reason(), base::Reason::BadRequest) << bad;
  }
}

TEST_F(AuditRecordsTest, LabelsAreNoneOfTheirs) {
  ListOptions options;
  options.label_selector = "app=web";
  EXPECT_TRUE(base::run(resources->list(kind, "", options)).items.empty());
  options.label_selector = "app!=web";
  EXPECT_FALSE(base::run(resources->list(kind, "", options)).items.empty());
}

TEST_F(AuditRecordsTest, PagesGoUpOrDownThroughOneSnapshot) {
  for (const std::string order : {"oldest", "newest"}) {
    ListPage page = list("order=" + order, 4);
    const Revision revision = page.revision;
    EXPECT_EQ(page.remaining.value_or(0), order == "oldest" ? revision - 4 : 0) << order;
    std::vector<std::uint64_t> seen;
    for (;;) {
      EXPECT_EQ(page.revision, revision);
      for (const Object& item : page.items) seen.push_back(item.revision);
      if (page.continue_token.empty()) break;
      base::run(store.append(std::string(kAuditJournal), R"({"kind":"later"})"));
      page = list("order=" + order, 4, page.continue_token);
      ASSERT_LE(seen.size(), revision);
    }
    std::vector<std::uint64_t> wanted;
    for (Revision i = 1; i <= revision; ++i) wanted.push_back(order == "oldest" ? i : revision + 1 - i);
    EXPECT_EQ(seen, wanted) << order;
  }
}

Task<void> append_many(store::Store& store, int count) {
  for (int i = 0; i < count; ++i) co_await store.append(std::string(kAuditJournal), R"({"actor":"bob"})");
}

TEST_F(AuditRecordsTest, ALongSearchIsSpreadOverPages) {
  base::run(append_many(store, 50'100));
  base::run(store.append(std::string(kAuditJournal), R"({"actor":"carol"})"));
  ListPage page = list("actor=carol", 10);
  EXPECT_TRUE(page.items.empty());
  ASSERT_FALSE(page.continue_token.empty()) << "the answer is not over";
  page = list("actor=carol", 10, page.continue_token);
  EXPECT_EQ(page.items.size(), 1u);
  EXPECT_TRUE(page.continue_token.empty());
  EXPECT_EQ(list().items.size(), 10'000u) << "whatever the limit";
}

TEST_F(AuditRecordsTest, WhatIsPrunedIsGoneAndWatchesFromThereExpire) {
  base::run(store.seal_journals());
  const std::uint64_t last = store.journal_end(kAuditJournal);
  base::run(store.append(std::string(kAuditJournal), R"({"actor":"bob"})"));
  base::run(store.prune_journal(std::string(kAuditJournal), {.records = 1}));
  EXPECT_EQ(list().items.size(), 1u);
  EXPECT_EQ(list("order=newest").items.size(), 1u);
  EXPECT_EQ(refusal([&] { resources->get(kind, "", std::to_string(last)); }).reason(), base::Reason::NotFound);
  base::Loop loop("test");
  WatchOptions options;
  options.resource_version = "1";
  const auto watch = resources->watch(kind, "", options, loop.executor());
  EXPECT_EQ(refusal([&] { base::run(watch->next_for(30s)); }).reason(), base::Reason::Expired);
}

TEST_F(AuditRecordsTest, AWatchShowsWhatIsThereAndWhatComes) {
  base::Loop loop("test");
  WatchOptions options;
  options.field_selector = "verb=start";
  const auto watch = resources->watch(kind, "", options, loop.executor());
  EXPECT_EQ(base::run(watch->next_for(30s)).size(), 2u);
  std::jthread writer([this] {
    base::run(resources->note_read(user, kind_named("Secret"), "get", "default", "other"));
    base::run(resources->begin_action(controller, start_));
  });
  const auto events = base::run(watch->next_for(30s));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, WatchEventType::Added);
  EXPECT_EQ(events[0].object.revision, store.journal_end(kAuditJournal));
  EXPECT_EQ(watch->progress(), events[0].object.revision);
  EXPECT_TRUE(base::run(watch->next_for(0s)).empty());
  options.field_selector = "order=newest";
  EXPECT_EQ(refusal([&] { resources->watch(kind, "", options, loop.executor()); }).reason(), base::Reason::BadRequest);
}

TEST_F(AuditRecordsTest, AnExportVerifiesAndItsChangesAreNamed) {
  std::vector<std::string> lines;
  for (const Object& item : list().items) lines.push_back(*item.bytes);
  const auto verify = [&] { return base::run(resources->audit_records().verify_export(lines)); };
  EXPECT_FALSE(verify().journal.first_bad) << verify().journal.problem;
  EXPECT_EQ(verify().journal.records, lines.size());
  // As another JSON writer would have written them.
  lines[0] = base::to_canonical(base::parse_json(lines[0]));
  EXPECT_FALSE(verify().journal.first_bad);

  const std::vector<std::string> whole = lines;
  lines[first - 1].replace(lines[first - 1].find("alice"), 5, "clice");
  EXPECT_EQ(verify().journal.first_bad, first);
  lines = whole;
  std::swap(lines[1], lines[2]);
  EXPECT_EQ(verify().journal.first_bad, 2u);
  lines = whole;
  lines.erase(lines.begin() + 1);
  EXPECT_FALSE(verify().journal.first_bad);
  EXPECT_EQ(verify().missing, 1u);
  for (const char* bad :
       {"", "{}", R"({"kind":"AuditRecord"})", "7", R"({"kind":"AuditRecord","record":{},"sequence":1,"revision":"x"})",
        R"({"kind":"AuditRecord","record":{},"sequence":1,"revision":"1","mac":"zz"})"}) {
    lines = {bad};
    const base::Status status = refusal([&] { verify(); });
    EXPECT_EQ(status.reason(), base::Reason::BadRequest) << bad;
    EXPECT_TRUE(status.message().starts_with("spec.records[0]: ")) << status.message();
  }
}

TEST_F(AuditRecordsTest, TheJournalVerifies) {
  const AuditReport report = base::run(resources->audit_records().verify());
  EXPECT_FALSE(report.journal.first_bad) << report.journal.problem;
  EXPECT_EQ(report.journal.records, store.journal_end(kAuditJournal));
}

TEST_F(AuditRecordsTest, WhatIsNoJsonIsShownEmptyAndSelectedByNothing) {
  base::run(store.append(std::string(kAuditJournal), "\xFF{"));
  const std::string name = std::to_string(store.journal_end(kAuditJournal));
  EXPECT_TRUE(resources->get(kind, "", name).parse().at("record").as_object().empty());
  EXPECT_EQ(names(list("metadata.name=" + name)), "");
  EXPECT_FALSE(list().items.empty());
}

}  // namespace
}  // namespace berth::resources
