// SPDX-License-Identifier: Apache-2.0
// tests/golden/stack/: a compose file as it runs (`before`, none for a new stack), as it would be (`after`), and the
// plan.
#include "reconcilers/golden_case.hpp"
#include "reconcilers/plan/spec_hash.hpp"
#include "reconcilers/stack/stack_preview.hpp"
#include "schemas/admit.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;

schemas::ComposeStack stack_named_shop() {
  schemas::ComposeStack stack;
  stack.metadata.name = "shop";
  stack.metadata.ns = "default";
  stack.metadata.uid = "u-1";
  return stack;
}

StackContent content_of(const std::string& text) {
  compose::Sources sources;
  sources.project = "shop";
  sources.working_dir = "/stack";
  sources.compose_files = {"compose.yaml"};
  sources.files["compose.yaml"] = text;
  const schemas::ComposeStack stack = stack_named_shop();
  return stack_content(stack, compose::expand(sources, {.stack = "shop", .host = "local"}));
}

std::map<ChildName, Json> objects_of(const StackContent& content) {
  std::map<ChildName, Json> objects;
  for (const StackChild& child : content.children) {
    Json object = child.configuration;
    schemas::apply_defaults(schemas::Catalog::instance().by_name(child.name.kind), object);
    objects.emplace(child.name, std::move(object));
  }
  return objects;
}

std::string hash_of(const Json& object) {
  const schemas::ContainerSpec spec = schemas::decode_container(object).spec;
  ContainerInputs inputs;
  for (const schemas::EnvVar& variable : spec.env) {
    inputs.env.push_back({variable.name, resources::SecretValue(variable.value.value_or("")), Origin::Literal});
  }
  return spec_hash(spec, inputs, base::Key32::from_bytes(std::string(32, 'k')));
}

std::string plan_of(const testing::GoldenCase& given) {
  const std::string before = given.section("before");
  const StackContent content = content_of(given.section("after"));
  StackPreviewInput input;
  input.content = &content;
  if (!before.empty()) input.live = objects_of(content_of(before));
  for (auto& [name, object] : input.live) {
    if (name.kind != "Container") continue;
    object.as_object()["status"] = base::JsonObject{{"startedAt", "2026-01-01T00:00:00Z"}};
  }
  input.next = objects_of(content);
  input.needs_replace = [](const Json& a, const Json& b) { return hash_of(a) != hash_of(b); };
  return to_text(preview_stack(input));
}

TEST(StackGolden, Plans) { testing::run_golden("stack", plan_of); }

TEST(StackPreview, TellsNothingOfASecret) {
  const ChildName name{"Secret", "shop-env"};
  StackContent content;
  content.children.push_back({name, base::JsonObject{}});
  StackPreviewInput input;
  input.content = &content;
  input.live.emplace(name, base::parse_json(R"({"kind":"Secret","data":{"a":"b2xk"}})"));
  input.next.emplace(name, base::parse_json(R"({"kind":"Secret","data":{"a":"bmV3"}})"));
  const StackPreview preview = preview_stack(input);
  EXPECT_EQ(to_text(preview), "update Secret shop-env\n");
  EXPECT_EQ(base::to_canonical(to_json(preview)).find("bmV3"), std::string::npos);
}

TEST(StackChildren, GoInTheReverseOrderOfTheirStart) {
  std::vector<Json> objects;
  for (const char* text : {R"({"kind":"Container","metadata":{"name":"db"},"spec":{}})",
                           R"({"kind":"Container","metadata":{"name":"app"},
                               "spec":{"dependsOn":[{"containerRef":{"name":"db"}}]}})",
                           R"({"kind":"Container","metadata":{"name":"web"},
                               "spec":{"dependsOn":[{"containerRef":{"name":"app"}}]}})",
                           R"({"kind":"Network","metadata":{"name":"front"},"spec":{}})"}) {
    objects.push_back(base::parse_json(text));
  }
  std::vector<std::string> order;
  while (!objects.empty()) {
    std::vector<std::string> names;
    for (const Json* object : next_to_go(objects)) names.emplace_back(base::string_at(*object, "metadata.name"));
    for (const std::string& name : names) {
      order.push_back(name);
      std::erase_if(objects, [&](const Json& one) { return base::string_at(one, "metadata.name") == name; });
    }
  }
  EXPECT_EQ(order, (std::vector<std::string>{"web", "app", "db", "front"}));
}

TEST(StackChildren, ACircleThatSomebodyMadeGoesAtOnce) {
  std::vector<Json> objects;
  for (const auto& [name, other] : {std::pair("a", "b"), std::pair("b", "a")}) {
    const Json depends = base::JsonArray{base::JsonObject{{"containerRef", base::JsonObject{{"name", other}}}}};
    objects.push_back(base::JsonObject{{"kind", "Container"},
                                       {"metadata", base::JsonObject{{"name", name}}},
                                       {"spec", base::JsonObject{{"dependsOn", depends}}}});
  }
  EXPECT_EQ(next_to_go(objects).size(), 2U);
}

}  // namespace
}  // namespace berth::reconcilers
