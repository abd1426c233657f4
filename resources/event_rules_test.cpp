// SPDX-License-Identifier: Apache-2.0
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::refusal;

class EventRulesTest : public testing::ResourcesTest {
 protected:
  // The fields that a create of the change over a good Event is refused for.
  std::vector<std::string> refused(const Kind& kind, std::string_view change, const std::string& ns = "default") {
    Json event = base::parse_json(
        R"({"metadata":{"name":"e"},"reason":"Said","type":"Normal","action":"Say","reportingController":"berth.dev/c",
            "reportingInstance":"c-1","eventTime":"2026-01-02T03:04:05.000006Z",
            "regarding":{"kind":"Container","name":"web","namespace":"default"}})");
    const Json changed = base::parse_json(change);
    for (const auto& member : changed.as_object()) event.as_object()[member.key()] = member.value();
    std::vector<std::string> fields;
    const auto act = [&] {
      base::run(resources->create(user, kind, ns, Body{event, {}}, {.dry_run = DryRun::All}));
      throw base::bad_request("taken");
    };
    const base::Status status = refusal(act);
    for (const base::Cause& cause : status.details().causes) fields.push_back(cause.field);
    return fields;
  }
  using Fields = std::vector<std::string>;
  const Kind& view = *schemas::Catalog::instance().find("events.k8s.io", "v1", "events");
};

TEST_F(EventRulesTest, TheNewerApiAsksForNearlyAll) {
  EXPECT_EQ(refused(view, "{}"), Fields{});
  EXPECT_EQ(refused(view, R"({"eventTime":null})"), Fields{"eventTime"});
  EXPECT_EQ(refused(view, R"({"type":"Loud"})"), Fields{"type"});
  EXPECT_EQ(refused(view, R"({"reason":""})"), Fields{"reason"});
  EXPECT_EQ(refused(view, R"({"action":""})"), Fields{"action"});
  EXPECT_EQ(refused(view, R"({"reportingController":"a b"})"), Fields{"reportingController"});
  EXPECT_EQ(refused(view, R"({"reportingInstance":""})"), Fields{"reportingInstance"});
  EXPECT_EQ(refused(view, R"({"note":")" + std::string(1025, 'x') + "\"}"), Fields{"message"});
  EXPECT_EQ(refused(view, R"({"series":{"count":1}})"), (Fields{"series.count", "series.lastObservedTime"}));
  EXPECT_EQ(refused(view, R"({"deprecatedCount":1,"deprecatedSource":{"component":"c"}})"),
            (Fields{"count", "source"}));
}

TEST_F(EventRulesTest, CoreHoldsToTheNamespace) {
  const char* old =
      R"({"eventTime":null,"reason":"","action":"","type":"Loud","involvedObject":{"namespace":"default"}})";
  EXPECT_EQ(refused(event_kind, old), Fields{});
  const char* other = R"({"eventTime":null,"involvedObject":{"namespace":"other"}})";
  EXPECT_EQ(refused(event_kind, other), Fields{"involvedObject.namespace"});
  EXPECT_EQ(refused(event_kind, R"({"eventTime":null})"), Fields{}) << "of a cluster-scoped object";
  create(ns_kind, R"({"metadata":{"name":"a"}})", {}, "");
  EXPECT_EQ(refused(event_kind, R"({"eventTime":null})", "a"), Fields{"involvedObject.namespace"});
}

}  // namespace
}  // namespace berth::resources
