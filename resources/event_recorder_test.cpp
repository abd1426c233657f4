// SPDX-License-Identifier: Apache-2.0
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using namespace std::chrono_literals;

class EventTest : public testing::ResourcesTest {
 protected:
  void note(const Kind& kind, const Json& object, EventNote what) {
    base::run(resources->note_event(controller, kind, object, std::move(what)));
  }
  std::vector<Json> events(const std::string& ns = "default") {
    std::vector<Json> found;
    for (const Object& item : base::run(resources->list(event_kind, ns, {})).items) found.push_back(item.parse());
    return found;
  }
  const EventNote started_{EventNote::Type::Normal, "Started", "started container web"};
};

TEST_F(EventTest, SayWhatHappenedToWhat) {
  const Json object = create_web().object.parse();
  note(container, object, started_);
  const auto found = events();
  ASSERT_EQ(found.size(), 1u);
  const Json& event = found[0];
  EXPECT_TRUE(base::string_at(event, "metadata.name").starts_with("web."));
  EXPECT_EQ(base::string_at(event, "involvedObject.apiVersion"), "berth.dev/v1");
  EXPECT_EQ(base::string_at(event, "involvedObject.kind"), "Container");
  EXPECT_EQ(base::string_at(event, "involvedObject.name"), "web");
  EXPECT_EQ(base::string_at(event, "involvedObject.namespace"), "default");
  EXPECT_EQ(base::string_at(event, "involvedObject.uid"), base::string_at(object, "metadata.uid"));
  EXPECT_EQ(base::string_at(event, "type"), "Normal");
  EXPECT_EQ(base::string_at(event, "reason"), "Started");
  EXPECT_EQ(base::string_at(event, "message"), "started container web");
  EXPECT_EQ(base::string_at(event, "source.component"), "berthd");
  EXPECT_EQ(base::int_at(event, "count"), 1);
  EXPECT_EQ(base::string_at(event, "firstTimestamp"), base::format_time(clock.now()));
}

TEST_F(EventTest, RepeatsCountOnTheSameEvent) {
  const Json object = create_web().object.parse();
  note(container, object, started_);
  const std::string first = base::format_time(clock.now());
  clock.advance(90s);
  note(container, object, started_);
  note(container, object, {EventNote::Type::Warning, "Failed", "another thing"});
  const auto found = events();
  ASSERT_EQ(found.size(), 2u);
  const Json& repeated = base::string_at(found[0], "reason") == "Started" ? found[0] : found[1];
  EXPECT_EQ(base::int_at(repeated, "count"), 2);
  EXPECT_EQ(base::string_at(repeated, "firstTimestamp"), first);
  EXPECT_EQ(base::string_at(repeated, "lastTimestamp"), base::format_time(clock.now()));
}

TEST_F(EventTest, OfClusterObjectsAreInDefault) {
  const Json object =
      create(host, R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"h"},"spec":{"local":{}}})", {}, "")
          .object.parse();
  note(host, object, {EventNote::Type::Normal, "Connected", "connected"});
  ASSERT_EQ(events("default").size(), 1u);
  EXPECT_EQ(base::find_path(events("default")[0], "involvedObject.namespace"), nullptr);
}

TEST_F(EventTest, LongNamesAndMessagesFit) {
  const std::string name = std::string(240, 'a') + "." + std::string(12, 'b');
  const Json object = create(config_map, R"({"metadata":{"name":")" + name + R"("}})").object.parse();
  note(config_map, object, {EventNote::Type::Warning, "Failed", std::string(5000, 'x')});
  ASSERT_EQ(events().size(), 1u);
  EXPECT_LE(base::string_at(events()[0], "metadata.name").size(), 253u);
  EXPECT_EQ(base::string_at(events()[0], "message").size(), 1024u);
}

TEST_F(EventTest, NeverFailTheCaller) {
  Json object = create_web().object.parse();
  base::make_path(object, "metadata")["namespace"] = "gone";
  EXPECT_NO_THROW(note(container, object, started_));
  store.close();
  base::make_path(object, "metadata")["namespace"] = "default";
  EXPECT_NO_THROW(note(container, object, started_));
  EXPECT_EQ(metrics.counter("berth_events_lost_total", "").value(), 2);
}

TEST_F(EventTest, NoneIsMissedInANamespaceThatEnds) {
  create(ns_kind, R"({"metadata":{"name":"team"}})", {}, "");
  const Json object = create(config_map, R"({"metadata":{"name":"c"}})", {}, "team").object.parse();
  base::run(resources->remove(user, ns_kind, "", "team", {}));
  note(config_map, object, started_);
  EXPECT_TRUE(events("team").empty());
  EXPECT_EQ(metrics.counter("berth_events_lost_total", "").value(), 0);
}

}  // namespace
}  // namespace berth::resources
