// SPDX-License-Identifier: Apache-2.0
#include "resources/event_view.hpp"

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::refusal;

class EventViewTest : public testing::ResourcesTest {
 protected:
  EventViewTest() {
    create(view,
           R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},"note":"hello","reason":"Said",
        "type":"Normal","action":"Say","reportingController":"c","reportingInstance":"c-1",
        "eventTime":"2026-01-02T03:04:05.000006Z","regarding":{"kind":"Container","name":"web","namespace":"default"}})");
  }
  Task<void> watch_one() {
    const auto watch = resources->watch(view, "default", {}, co_await base::this_loop());
    const auto events = co_await watch->next_for(std::chrono::seconds(10));
    EXPECT_EQ(events.size(), 1u);
    EXPECT_EQ(base::string_at(events.at(0).object.parse(), "note"), "hello");
  }
  const Kind& view = *schemas::Catalog::instance().find("events.k8s.io", "v1", "events");
};

TEST_F(EventViewTest, IsOneObjectUnderTwoNames) {
  const Json core = live(event_kind, "e");
  EXPECT_EQ(base::string_at(core, "apiVersion"), "v1");
  EXPECT_EQ(base::string_at(core, "message"), "hello");
  EXPECT_EQ(base::string_at(core, "involvedObject.name"), "web");
  EXPECT_EQ(base::string_at(core, "reportingComponent"), "c");
  EXPECT_EQ(base::find_path(core, "note"), nullptr);
  const Json shown = live(view, "e");
  EXPECT_EQ(base::string_at(shown, "apiVersion"), "events.k8s.io/v1");
  EXPECT_EQ(base::string_at(shown, "note"), "hello");
  EXPECT_EQ(base::string_at(shown, "metadata.uid"), base::string_at(core, "metadata.uid"));
  EXPECT_EQ(base::string_at(shown, "metadata.resourceVersion"), base::string_at(core, "metadata.resourceVersion"));
  EXPECT_EQ(stored_event(shown), core);
}

TEST_F(EventViewTest, WhatCoreWritesTheOtherShows) {
  create(event_kind, R"({"metadata":{"name":"old"},"involvedObject":{"kind":"Host","name":"h"},"count":3,"message":"m",
                         "source":{"component":"x"},"firstTimestamp":"2026-01-02T03:04:05Z"})");
  const Json shown = live(view, "old");
  EXPECT_EQ(base::int_at(shown, "deprecatedCount"), 3);
  EXPECT_EQ(base::string_at(shown, "deprecatedSource.component"), "x");
  EXPECT_EQ(base::string_at(shown, "deprecatedFirstTimestamp"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(base::string_at(shown, "regarding.kind"), "Host");
}

TEST_F(EventViewTest, EveryPatchReachesIt) {
  merge(view, "e", R"({"metadata":{"labels":{"a":"merged"}},"note":"hello"})");
  EXPECT_EQ(base::string_at(live(event_kind, "e"), "metadata.labels.a"), "merged");
  json_patch(view, "e",
             R"([{"op":"test","path":"/note","value":"hello"},{"op":"test","path":"/regarding/name","value":"web"},
                 {"op":"replace","path":"/metadata/labels/a","value":"json"}])");
  EXPECT_EQ(base::string_at(live(event_kind, "e"), "metadata.labels.a"), "json");
  base::run(resources->patch(
      user, view, "default", "e", Part::Main, PatchType::Strategic,
      testing::body_of(R"({"series":{"count":2,"lastObservedTime":"2026-01-02T03:04:06.000000Z"}})"), {}));
  EXPECT_EQ(base::int_at(live(view, "e"), "series.count"), 2);
  Json next = live(view, "e");
  base::make_path(next, "metadata.labels")["a"] = "updated";
  const Json updated = update(view, "e", next).object.parse();
  EXPECT_EQ(base::string_at(updated, "metadata.labels.a"), "updated");
  EXPECT_EQ(base::string_at(updated, "note"), "hello");
}

TEST_F(EventViewTest, WhatHappenedDoesNotChange) {
  const base::Status status = refusal([&] { merge(view, "e", R"({"note":"else","regarding":{"name":"x"}})"); });
  EXPECT_EQ(status.message(),
            "Event \"e\" is invalid: [involvedObject: Invalid value: "
            R"({"kind":"Container","name":"x","namespace":"default"}: field is immutable, )"
            R"(message: Invalid value: "else": field is immutable])");
  merge(event_kind, "e", R"({"message":"core may"})");
  EXPECT_EQ(base::string_at(live(view, "e"), "note"), "core may");
}

TEST_F(EventViewTest, AnApplyLeavesWhatItDoesNotName) {
  const auto apply = [&](std::string_view configuration) {
    return base::run(resources->apply(user, view, "default", "e", Part::Main, testing::body_of(configuration),
                                      {.write = {.field_manager = "labeller"}}));
  };
  const Json shown =
      apply(R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"labels":{"a":"b"}}})").object.parse();
  EXPECT_EQ(base::string_at(shown, "regarding.name"), "web");
  EXPECT_EQ(base::string_at(shown, "metadata.labels.a"), "b");
  for (const Json& entry : base::find_path(shown, "metadata.managedFields")->as_array()) {
    const bool labeller = base::string_at(entry, "manager") == "labeller";
    EXPECT_EQ(base::find_path(entry, "fieldsV1")->as_object().contains("f:involvedObject"), !labeller);
  }
}

TEST_F(EventViewTest, AnUpdateMakesWhatIsNotThere) {
  Json next = live(view, "e");
  next.at("metadata") = {{"name", "new"}, {"resourceVersion", "7"}};
  const Written made = update(view, "new", next);
  EXPECT_EQ(made.outcome, Written::Outcome::Created);
  EXPECT_EQ(base::string_at(made.object.parse(), "note"), "hello");
}

TEST_F(EventViewTest, ListsAndWatches) {
  const ListPage page = base::run(resources->list(view, "default", {.field_selector = "regarding.name=web"}));
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(base::string_at(page.items[0].parse(), "note"), "hello");
  EXPECT_TRUE(base::run(resources->list(view, "default", {.field_selector = "regarding.name=x"})).items.empty());
  const ListOptions by_controller{.field_selector = "regarding.name=web,reportingController=c"};
  EXPECT_EQ(base::run(resources->list(view, "default", by_controller)).items.size(), 1u);
  base::run(watch_one());
  remove(view, "e");
  EXPECT_FALSE(resources->find(view, "default", "e"));
  EXPECT_FALSE(resources->find(event_kind, "default", "e"));
}

}  // namespace
}  // namespace berth::resources
