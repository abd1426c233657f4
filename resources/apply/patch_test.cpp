// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/patch.hpp"

#include <fstream>

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;
using testing::refusal;

struct Vector {
  const char* name;
  const char* document;
  const char* patch;
  const char* want;
};

// RFC 7386, appendix A, whose patches are objects.
constexpr Vector kMergeVectors[] = {
    {"replaces", R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
    {"adds", R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
    {"removes", R"({"a":"b"})", R"({"a":null})", R"({})"},
    {"removes one", R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
    {"replaces a list", R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
    {"replaces by a list", R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
    {"goes deep", R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
    {"replaces a list of objects", R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
    {"keeps a null that stands", R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
    {"replaces what is no object", R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
    {"drops nulls in what is new", R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
};

TEST(MergePatch, VectorsOfTheRfc) {
  for (const Vector& one : kMergeVectors) {
    const Json got = apply_merge_patch(base::parse_json(one.document), base::parse_json(one.patch));
    EXPECT_EQ(base::to_canonical(got), one.want) << one.name;
  }
}

TEST(MergePatch, MustBeAnObject) {
  for (const char* patch : {"[]", "1", "null", "\"a\""}) {
    EXPECT_EQ(refusal([&] { apply_merge_patch(Json(), base::parse_json(patch)); }).reason(), Reason::BadRequest);
  }
}

// RFC 6902, appendix A, and upstream's quirks.
constexpr Vector kJsonVectors[] = {
    {"A.1 adds a member", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
     R"({"baz":"qux","foo":"bar"})"},
    {"A.2 adds an element", R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
     R"({"foo":["bar","qux","baz"]})"},
    {"A.3 removes a member", R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
    {"A.4 removes an element", R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
     R"({"foo":["bar","baz"]})"},
    {"A.5 replaces", R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
     R"({"baz":"boo","foo":"bar"})"},
    {"A.6 moves a value", R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
     R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
     R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
    {"A.7 moves an element", R"({"foo":["all","grass","cows","eat"]})",
     R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])", R"({"foo":["all","cows","eat","grass"]})"},
    {"A.8 tests", R"({"baz":"qux","foo":["a",2,"c"]})",
     R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
     R"({"baz":"qux","foo":["a",2,"c"]})"},
    {"A.10 adds a nested object", R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
     R"({"child":{"grandchild":{}},"foo":"bar"})"},
    {"A.11 ignores other members", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
     R"({"baz":"qux","foo":"bar"})"},
    {"A.14 escapes", R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})"},
    {"A.16 appends", R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
     R"({"foo":["bar",["abc","def"]]})"},
    {"copies", R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/c"}])", R"({"a":{"b":1},"c":{"b":1}})"},
    {"adds over a member", R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])", R"({"a":2})"},
    {"replaces the whole", R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])", R"({"b":2})"},
    {"adds at the end by index", R"([1])", R"([{"op":"add","path":"/1","value":2}])", R"([1,2])"},
    {"an empty key is a key", R"({"":1})", R"([{"op":"replace","path":"/","value":2}])", R"({"":2})"},
    {"moves onto itself", R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
    {"quirk: replace adds", R"({})", R"([{"op":"replace","path":"/a","value":1}])", R"({"a":1})"},
    {"quirk: absent is null", R"({})", R"([{"op":"test","path":"/a","value":null}])", R"({})"},
    {"quirk: from the end", R"([1,2,3])", R"([{"op":"remove","path":"/-1"}])", R"([1,2])"},
};

TEST(JsonPatch, VectorsOfTheRfc) {
  for (const Vector& one : kJsonVectors) {
    const Json got = apply_json_patch(base::parse_json(one.document), base::parse_json(one.patch));
    EXPECT_EQ(base::to_canonical(got), one.want) << one.name;
  }
}

struct Refused {
  const char* document;
  const char* patch;
  Reason reason;
};

TEST(JsonPatch, RefusesWhatDoesNotApply) {
  for (const Refused& one : {
           Refused{R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])", Reason::Invalid},     // A.9
           Refused{R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])", Reason::Invalid},  // A.12
           Refused{R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])", Reason::Invalid},    // A.15
           Refused{R"({})", R"([{"op":"remove","path":"/a"}])", Reason::Invalid},
           Refused{R"({})", R"([{"op":"remove","path":""}])", Reason::Invalid},
           Refused{R"([1])", R"([{"op":"add","path":"/3","value":1}])", Reason::Invalid},
           Refused{R"([1])", R"([{"op":"replace","path":"/1","value":1}])", Reason::Invalid},
           Refused{R"([1])", R"([{"op":"add","path":"/x","value":1}])", Reason::Invalid},
           Refused{R"({"a":1})", R"([{"op":"add","path":"/a/b","value":1}])", Reason::Invalid},
           Refused{R"({})", R"([{"op":"move","from":"/a","path":"/b"}])", Reason::Invalid},
           Refused{R"({"a":{}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", Reason::Invalid},
           Refused{R"({})", R"([{"path":"/a","value":1}])", Reason::Invalid},
           Refused{R"({})", R"([{"op":"frob","path":"/a","value":1}])", Reason::Invalid},
           Refused{R"({})", R"([null])", Reason::Invalid},
           Refused{R"({})", R"({"op":"add"})", Reason::BadRequest},
           Refused{R"({})", R"(["add"])", Reason::BadRequest},
           Refused{R"({})", R"([{"op":"test","path":"/a"},{"op":1}])", Reason::BadRequest},
           Refused{R"({})", R"([{"op":"add","path":["a"],"value":1}])", Reason::BadRequest},
       }) {
    const base::Status status =
        refusal([&] { apply_json_patch(base::parse_json(one.document), base::parse_json(one.patch)); });
    EXPECT_EQ(status.reason(), one.reason) << one.patch << ": " << status.message();
  }
}

// tests/golden/patch/cases.jsonl: one case a line. What is wanted was computed by evanphx/json-patch.
TEST(Patches, GiveWhatUpstreamGives) {
  std::ifstream file(BERTH_SOURCE_DIR "/tests/golden/patch/cases.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const Json each = base::parse_json(line);
    const Json& patch = each.at("patch");
    std::string got;
    try {
      const Json result =
          patch.is_array() ? apply_json_patch(each.at("target"), patch) : apply_merge_patch(each.at("target"), patch);
      got = base::to_canonical(result);
    } catch (const base::Status& status) {
      got = base::to_string(status.reason());
    }
    const Json* want = base::find_path(each, "want");
    EXPECT_EQ(got, want != nullptr ? base::to_canonical(*want) : base::string_at(each, "refused")) << line;
  }
  EXPECT_GT(cases, 200);
}

Json many(std::size_t count, std::string_view operation) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : ",").append(operation);
  return base::parse_json(text + "]");
}

TEST(JsonPatch, IsBounded) {
  constexpr std::string_view kAdd = R"({"op":"add","path":"/a","value":1})";
  EXPECT_EQ(base::to_canonical(apply_json_patch(base::parse_json("{}"), many(kMostPatchOperations, kAdd))),
            R"({"a":1})");
  EXPECT_EQ(refusal([&] { apply_json_patch(base::parse_json("{}"), many(kMostPatchOperations + 1, kAdd)); }).reason(),
            Reason::RequestEntityTooLarge);
  // A document that doubles with each copy.
  EXPECT_EQ(refusal([&] {
              apply_json_patch(base::parse_json(R"({"a":["0123456789"]})"),
                               many(40, R"({"op":"copy","from":"/a","path":"/a/-"})"));
            }).reason(),
            Reason::RequestEntityTooLarge);
  const Json long_list(base::JsonArray(500'000, Json(1)));
  EXPECT_EQ(refusal([&] { apply_json_patch(long_list, many(1000, R"({"op":"add","path":"/0","value":1})")); }).reason(),
            Reason::RequestEntityTooLarge);
}

// Each operation is shallow; together they would nest a hundred thousand levels, and overflow the stack of whoever
// walks the object.
TEST(JsonPatch, CannotNestDeeperThanABody) {
  std::string operations = R"([{"op":"add","path":"/x","value":{"a":{"a":{"a":1}}}},)"
                           R"({"op":"add","path":"/y","value":{"a":{"a":{"a":1}}}})";
  std::string path = "/y/a/a/a";
  for (int doublings = 0; doublings < 16; ++doublings) {
    operations += R"(,{"op":"move","from":"/x","path":")" + path + R"("},{"op":"copy","from":"/y","path":"/x"})";
    path += path.substr(2);
  }
  const Json patch = base::parse_json(operations + "]");
  EXPECT_EQ(refusal([&] { apply_json_patch(base::parse_json("{}"), patch); }).reason(), Reason::BadRequest);

  const auto nested = [](int levels) {
    return base::parse_json(R"([{"op":"replace","path":"/a","value":)" + std::string(levels, '[') +
                            std::string(levels, ']') + "}]");
  };
  EXPECT_NO_THROW(apply_json_patch(base::parse_json("{}"), nested(126)));
  EXPECT_NO_THROW(base::parse_json(base::to_canonical(apply_json_patch(base::parse_json("{}"), nested(126)))));
  Json deeper = nested(126);
  deeper.as_array()[0].as_object()["path"] = "/a/b/c";
  EXPECT_EQ(refusal([&] { apply_json_patch(base::parse_json(R"({"a":{"b":{}}})"), deeper); }).reason(),
            Reason::BadRequest);
}

class PatchVerbTest : public testing::ResourcesTest {};

TEST_F(PatchVerbTest, MergesAndRaisesTheGeneration) {
  create_web(R"({"a":"1","b":"2"})");
  const Json object =
      merge(container, "web", R"({"metadata":{"labels":{"a":null}},"spec":{"image":"nginx:2"}})").object.parse();
  EXPECT_EQ(base::to_canonical(object.at("metadata").at("labels")), R"({"b":"2"})");
  EXPECT_EQ(base::int_at(object, "metadata.generation"), 2);
  EXPECT_EQ(store.commits, 3) << "with the revision that it takes away";
}

TEST_F(PatchVerbTest, OperationsThatFailChangeNothing) {
  create_web();
  forget();
  const base::Status status = refusal([&] {
    json_patch(container, "web", R"([{"op":"replace","path":"/spec/image","value":"x"},
                                     {"op":"test","path":"/spec/image","value":"y"}])");
  });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  EXPECT_TRUE(status.message().starts_with("the server rejected our request due to an error in our request"));
  EXPECT_EQ(status.details(), base::Details{});
  EXPECT_EQ(store.commits, 0);
}

TEST_F(PatchVerbTest, IsMadeAgainOnTheNewerObject) {
  create_web();
  store.before_commit = [&] { merge(container, "web", R"({"metadata":{"labels":{"x":"y"}}})"); };
  const Json object = merge(container, "web", R"({"spec":{"image":"nginx:2"}})").object.parse();
  EXPECT_EQ(base::string_at(object, "metadata.labels.x"), "y");
  EXPECT_EQ(base::string_at(object, "spec.image"), "nginx:2");
}

TEST_F(PatchVerbTest, LosingRacesIsNoConflict) {
  create_web();
  int rivals = 0;
  std::function<void()> rival = [&] {
    merge(container, "web", R"({"metadata":{"labels":{"x":"v)" + std::to_string(++rivals) + R"("}}})");
    if (rivals < 10) store.before_commit = rival;
  };
  store.before_commit = rival;
  const Json object = merge(container, "web", R"({"spec":{"image":"nginx:2"}})").object.parse();
  EXPECT_EQ(base::string_at(object, "spec.image"), "nginx:2");
  EXPECT_EQ(base::string_at(object, "metadata.labels.x"), "v10");
}

TEST_F(PatchVerbTest, GivesUpWhenTheRivalsNeverRest) {
  create_web();
  int rivals = 0;
  std::function<void()> rival = [&] {
    merge(container, "web", R"({"metadata":{"labels":{"x":"v)" + std::to_string(++rivals) + R"("}}})");
    clock.advance(std::chrono::seconds(10));
    store.before_commit = rival;
  };
  store.before_commit = rival;
  const base::Status status = refusal([&] { merge(container, "web", R"({"metadata":{"labels":{"y":"z"}}})"); });
  EXPECT_EQ(status.reason(), Reason::Timeout);
  EXPECT_EQ(rivals, 4) << "30 s after the first race was lost";
}

TEST_F(PatchVerbTest, AVersionInThePatchIsALock) {
  const Written created = create_web();
  const std::string version = std::to_string(created.object.revision);
  const auto patch_at = [&](const std::string& at, const std::string& image) {
    return merge(container, "web",
                 R"({"metadata":{"resourceVersion":")" + at + R"("},"spec":{"image":")" + image + R"("}})");
  };
  EXPECT_EQ(patch_at(version, "nginx:2").outcome, Written::Outcome::Changed);
  EXPECT_EQ(refusal([&] { patch_at(version, "nginx:3"); }).reason(), Reason::Conflict);
  const std::string now = std::to_string(resources->get(container, "default", "web").revision);
  store.before_commit = [&] { merge(container, "web", R"({"metadata":{"labels":{"x":"y"}}})"); };
  EXPECT_EQ(refusal([&] { patch_at(now, "nginx:3"); }).reason(), Reason::Conflict) << "it is not made again";
}

TEST_F(PatchVerbTest, IdentityIsNotPatched) {
  create_web();
  EXPECT_EQ(refusal([&] { merge(container, "web", R"({"metadata":{"name":"x"}})"); }).reason(), Reason::BadRequest);
  EXPECT_EQ(refusal([&] { merge(container, "web", R"({"metadata":{"namespace":"x"}})"); }).reason(),
            Reason::BadRequest);
  const base::Status uid = refusal([&] { merge(container, "web", R"({"metadata":{"uid":"x"}})"); });
  EXPECT_EQ(uid.reason(), Reason::Invalid);
  EXPECT_EQ(uid.details().causes.at(0).field, "metadata.uid");
  EXPECT_EQ(refusal([&] { merge(container, "web", R"({"kind":"Host"})"); }).reason(), Reason::Invalid);
  EXPECT_EQ(refusal([&] { json_patch(container, "web", R"([{"op":"replace","path":"","value":7}])"); }).reason(),
            Reason::Invalid);
}

TEST_F(PatchVerbTest, StrictNamesThePatch) {
  create_web();
  const base::Status status = refusal([&] {
    merge(container, "web", R"({"spec":{"foo":1,"image":"a","image":"b"}})",
          {.field_validation = FieldValidation::Strict});
  });
  EXPECT_EQ(status.reason(), Reason::Invalid);
  ASSERT_EQ(status.details().causes.size(), 1u);
  EXPECT_EQ(status.details().causes[0].field, "patch");
  EXPECT_EQ(
      status.message(),
      " \"\" is invalid: patch: Invalid value: \"{\\\"spec\\\":{\\\"foo\\\":1,\\\"image\\\":\\\"b\\\"}}\": strict "
      "decoding error: unknown field \"spec.foo\", duplicate field \"spec.image\"");
  EXPECT_EQ(merge(container, "web", R"({"spec":{"foo":1}})").warnings,
            (std::vector<std::string>{"unknown field \"spec.foo\""}));
}

TEST_F(PatchVerbTest, StatusTakesOnlyTheStatus) {
  create_web();
  const Json object =
      merge(container, "web", R"({"status":{"phase":"Running"},"spec":{"image":"x"},"metadata":{"labels":{"a":"b"}}})",
            {}, Part::Status)
          .object.parse();
  EXPECT_EQ(base::string_at(object, "status.phase"), "Running");
  EXPECT_EQ(base::string_at(object, "spec.image"), "nginx:1.27");
  EXPECT_EQ(base::find_path(object, "metadata.labels.a"), nullptr);
  EXPECT_EQ(base::int_at(object, "metadata.generation"), 1);
}

}  // namespace
}  // namespace berth::resources
