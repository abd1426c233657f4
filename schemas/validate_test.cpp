// SPDX-License-Identifier: Apache-2.0
// What a golden file would be too large for; the rest is under tests/golden/schemas/.
#include <gtest/gtest.h>

#include "schemas/admit.hpp"

namespace berth::schemas {

namespace {

Json object_of(std::string_view kind, const char* body) {
  Json object = base::parse_json(body);
  object.as_object()["apiVersion"] = Catalog::instance().by_name(kind).api_version();
  object.as_object()["kind"] = kind;
  base::make_path(object, "metadata")["name"] = "a";
  base::make_path(object, "metadata")["namespace"] = "default";
  return object;
}

Json container() { return object_of("Container", R"({"spec": {"host": "local", "image": "nginx"}})"); }

std::vector<base::Cause> causes_of(const Json& object) {
  return validate(Catalog::instance().by_name(base::string_at(object, "kind")), object);
}

using Expected = std::vector<base::Cause>;

}  // namespace

TEST(Validate, AnnotationsHoldAQuarterOfAMebibyte) {
  Json object = container();
  base::JsonObject& annotations = base::make_path(object, "metadata.annotations");
  annotations["a"] = std::string(262'143, 'x');
  EXPECT_EQ(causes_of(object), Expected{});
  annotations["a"] = std::string(262'144, 'x');
  const Expected too_long{{"FieldValueTooLong", "Too long: may not be more than 262144 bytes", "metadata.annotations"}};
  EXPECT_EQ(causes_of(object), too_long);
}

TEST(Validate, ASecretHoldsAMebibyte) {
  Json object = object_of("Secret", R"({"type": "Opaque"})");
  base::make_path(object, "data")["a"] = std::string(1 << 20, 'A');
  const Expected too_long{{"FieldValueTooLong", "Too long: may not be more than 1048576 bytes", "data"}};
  EXPECT_EQ(causes_of(object), too_long);
}

TEST(Validate, LongListsOfDistinctItemsPass) {
  Json object = container();
  base::JsonArray& env = base::make_path(object, "spec")["env"].emplace_array();
  for (int i = 0; i < 4096; ++i) env.push_back(base::JsonObject{{"name", "V" + std::to_string(i)}, {"value", "x"}});
  EXPECT_EQ(causes_of(object), Expected{});
  env[4095] = base::JsonObject{{"name", "V17"}};
  const Expected twice{{"FieldValueDuplicate", "Duplicate value: {\"name\":\"V17\"}", "spec.env[4095]"}};
  EXPECT_EQ(causes_of(object), twice);
  env.push_back(base::JsonObject{{"name", "LAST"}});
  const Expected too_many{{"FieldValueTooMany", "Too many: 4097: must have at most 4096 items", "spec.env"}};
  EXPECT_EQ(causes_of(object), too_many);
}

// Upstream names the second of equal items alone, and takes items without their key for equal; nothing is compared
// beside what is no item.
TEST(Validate, DuplicatesOfAListMapAreThoseOfUpstream) {
  const auto repeats = [](Json items) {
    Json object = container();
    base::make_path(object, "spec")["env"] = std::move(items);
    std::vector<std::string> fields;
    for (const base::Cause& cause : causes_of(object)) {
      if (cause.reason == "FieldValueDuplicate") fields.push_back(cause.field);
    }
    return fields;
  };
  using Fields = std::vector<std::string>;
  const Json named = base::parse_json(R"({"name": "A"})");
  EXPECT_EQ(repeats({named, named, named}), Fields{"spec.env[1]"});
  const Json keyless = base::JsonObject();
  EXPECT_EQ(repeats({keyless, named, keyless, nullptr}), Fields{"spec.env[2]"});
  EXPECT_EQ(repeats({named, named, "A"}), Fields{});
  base::JsonArray many(20, named);
  EXPECT_EQ(repeats(many), Fields{"spec.env[1]"});
}

// Each of its files would be compared with each of its mounts.
TEST(Validate, ListsThatAreTooLongAreNotCompared) {
  Json object = container();
  base::JsonObject& spec = base::make_path(object, "spec");
  base::JsonArray files;
  base::JsonArray mounts;
  for (int i = 0; i < 4097; ++i) {
    const std::string path = "/m" + std::to_string(i);
    files.push_back(base::JsonObject{{"path", path}, {"content", "x"}});
    mounts.push_back(base::JsonObject{{"type", "Bind"}, {"source", "/x"}, {"target", path}});
  }
  spec["files"] = std::move(files);
  spec["mounts"] = std::move(mounts);
  const std::vector<base::Cause> causes = causes_of(object);
  ASSERT_EQ(causes.size(), 2u) << "one for each list";
  EXPECT_EQ(causes[0].reason, "FieldValueTooMany");
  EXPECT_EQ(causes[1].reason, "FieldValueTooMany");
}

TEST(Validate, AHundredMistakesAreEnough) {
  Json object = container();
  base::make_path(object, "spec")["args"] = base::JsonArray(1000, Json(1));
  const std::vector<base::Cause> causes = causes_of(object);
  ASSERT_EQ(causes.size(), 101u);
  EXPECT_EQ(causes[99].field, "spec.args[99]");
  EXPECT_EQ(causes[100], (base::Cause{"FieldValueInvalid", "the rest is not listed", "and more"}));
}

TEST(Validate, AMessageQuotesNoWholeFile) {
  Json object = container();
  std::string image = "A";
  for (int i = 0; i < 1000; ++i) image += "\xc3\xa4";
  base::make_path(object, "spec")["image"] = image;
  const std::vector<base::Cause> causes = causes_of(object);
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_LT(causes[0].message.size(), 400u);
  // Cut between characters: it still is UTF-8, so it can be sent.
  EXPECT_NO_THROW(base::parse_json(base::to_canonical(Json(causes[0].message))));
}

TEST(Validate, LengthsAreCountedInCharacters) {
  Json object = container();
  std::string name;
  for (int i = 0; i < 300; ++i) name += "\xc3\xa4";
  base::make_path(object, "status")["conditions"] =
      base::JsonArray{base::JsonObject{{"type", name}, {"status", "True"}}};
  EXPECT_EQ(causes_of(object), Expected{});
}

TEST(Validate, NoCauseShowsASecret) {
  const char* bodies[] = {R"({"data": {"a": "hunter2!"}, "stringData": {"b": ["hunter2!"]}})",
                          R"({"data": "hunter2!", "stringData": "hunter2!"})",
                          R"({"data": ["hunter2!"], "stringData": {"c": {"hunter2!": 1}}})",
                          R"({"type": "kubernetes.io/tls", "data": {"x": "hunter2!"}})"};
  for (const char* body : bodies) {
    const Json object = object_of("Secret", body);
    std::vector<base::Cause> causes = causes_of(object);
    EXPECT_FALSE(causes.empty()) << body;
    const base::Status status = invalid(Catalog::instance().by_name("Secret"), "a", std::move(causes));
    EXPECT_EQ(status.message().find("hunter2"), std::string::npos) << status.message();
  }
}

}  // namespace berth::schemas
