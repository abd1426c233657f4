// SPDX-License-Identifier: Apache-2.0
// tests/golden/strategic_patch/cases.jsonl: one case a line. What is wanted was computed by upstream's
// k8s.io/apimachinery/pkg/util/strategicpatch; "error" stands for a refusal that has no code of its own there.
#include "resources/apply/strategic_patch.hpp"

#include <fstream>

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;
using testing::refusal;

const Kind& kind_named(std::string_view name) { return schemas::Catalog::instance().by_name(name); }

std::string outcome_of(const Json& each) {
  try {
    return base::to_canonical(
        apply_strategic_patch(each.at("target"), each.at("patch"), kind_named(base::string_at(each, "kind"))));
  } catch (const base::Status& status) {
    return status.what();
  }
}

bool is_as_wanted(const Json& each, const std::string& got) {
  const std::string_view refused = base::string_at(each, "refused");
  if (refused.empty()) return got == base::to_canonical(each.at("want"));
  if (refused == "error") return got.starts_with("BadRequest: ") || got.starts_with("Invalid: ");
  return got == refused;
}

TEST(StrategicPatch, GivesWhatUpstreamGives) {
  std::ifstream file(BERTH_SOURCE_DIR "/tests/golden/strategic_patch/cases.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const Json each = base::parse_json(line);
    const std::string got = outcome_of(each);
    EXPECT_TRUE(is_as_wanted(each, got)) << line << "\ngot: " << got;
  }
  EXPECT_GT(cases, 200);
}

TEST(StrategicPatch, MustBeAnObject) {
  for (const char* patch : {"[]", "1", "null", "\"a\""}) {
    const auto refused =
        refusal([&] { apply_strategic_patch(base::JsonObject(), base::parse_json(patch), kind_named("ConfigMap")); });
    EXPECT_EQ(refused.reason(), Reason::BadRequest);
  }
}

TEST(StrategicPatch, MergesNoEndlessLists) {
  base::JsonArray names;
  for (std::size_t i = 0; i <= kMostMergedItems; ++i) names.emplace_back("x/" + std::to_string(i));
  const auto applied = [](std::string_view member, const base::JsonArray& list) {
    const Json target = base::parse_json(R"({"metadata":{"finalizers":["x/0"]}})");
    const Json patch = base::JsonObject{{"metadata", base::JsonObject{{member, list}}}};
    return apply_strategic_patch(target, patch, kind_named("ConfigMap"));
  };
  for (const char* member : {"finalizers", "$setElementOrder/finalizers", "$deleteFromPrimitiveList/finalizers"}) {
    EXPECT_EQ(refusal([&] { applied(member, names); }).reason(), Reason::RequestEntityTooLarge) << member;
  }
  names.pop_back();
  EXPECT_EQ(base::find_path(applied("finalizers", names), "metadata.finalizers")->as_array().size(), kMostMergedItems);
}

}  // namespace
}  // namespace berth::resources
