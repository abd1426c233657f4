// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::base {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The one document of `text` as canonical JSON.
std::string json_of(std::string_view text) { return to_canonical(parse_one_yaml(text).value); }

Status refusal(std::string_view text, const YamlLimits& limits = {}) {
  try {
    parse_yaml(text, limits);
  } catch (const Status& status) {
    return status;
  }
  ADD_FAILURE() << "accepted: " << text.substr(0, 80);
  return internal_error("accepted");
}
std::string refusal_message(std::string_view text, const YamlLimits& limits = {}) {
  const Status status = refusal(text, limits);
  EXPECT_EQ(status.reason(), Reason::BadRequest);
  return status.message();
}

TEST(YamlReader, ReadsAManifest) {
  EXPECT_EQ(json_of(R"(# a comment
apiVersion: berth.dev/v1
kind: Container
metadata: {name: web, labels: {app: "web"}}
spec:
  image: nginx:1.27   # the tag is part of the string
  args: ["-g", 'daemon off;']
  ports:
  - containerPort: 80
    hostPort: 8080
  files:
    - content: |
        a
          b
    - content: >-
        folded
        line
)"),
            R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"labels":{"app":"web"},"name":"web"},)"
            R"("spec":{"args":["-g","daemon off;"],"files":[{"content":"a\n  b\n"},{"content":"folded line"}],)"
            R"("image":"nginx:1.27","ports":[{"containerPort":80,"hostPort":8080}]}})");
}

TEST(YamlReader, ResolvesPlainScalarsByTheCoreSchema) {
  const std::vector<std::pair<const char*, const char*>> cases{{"~", "null"},
                                                               {"null", "null"},
                                                               {"", "null"},
                                                               {"nUll", R"("nUll")"},
                                                               {"true", "true"},
                                                               {"True", "true"},
                                                               {"FALSE", "false"},
                                                               {"tRUE", R"("tRUE")"},
                                                               {"yes", R"("yes")"},
                                                               {"no", R"("no")"},
                                                               {"on", R"("on")"},
                                                               {"off", R"("off")"},
                                                               {"y", R"("y")"},
                                                               {"0", "0"},
                                                               {"-12", "-12"},
                                                               {"+12", "12"},
                                                               {"0x1F", "31"},
                                                               {"0o17", "15"},
                                                               {"0644", "420"},
                                                               {"089", "89"},
                                                               {"-0x10", "-16"},
                                                               {"0x", R"("0x")"},
                                                               {"1_000", R"("1_000")"},
                                                               {"0b1", R"("0b1")"},
                                                               {"1.5", "1.5"},
                                                               {"1.", "1"},
                                                               {".5", "0.5"},
                                                               {"-.5", "-0.5"},
                                                               {"1e3", "1000"},
                                                               {"1.5E-1", "0.15"},
                                                               {".", R"(".")"},
                                                               {"1.2.3", R"("1.2.3")"},
                                                               {"12:30", R"("12:30")"},
                                                               {"2026-01-01", R"("2026-01-01")"},
                                                               {"512Mi", R"("512Mi")"},
                                                               {"1e400", R"("1e400")"},
                                                               {"9223372036854775808", "9223372036854775808"},
                                                               {"-9223372036854775808", "-9223372036854775808"},
                                                               {"18446744073709551615", "18446744073709551615"},
                                                               {"0x1ffffffffffffffff", R"("0x1ffffffffffffffff")"}};
  for (const auto& [text, json] : cases) {
    EXPECT_EQ(json_of("a: " + std::string(text)), "{\"a\":" + std::string(json) + "}") << text;
  }
}

TEST(YamlReader, TakesQuotedScalarsAsStrings) {
  EXPECT_EQ(json_of(R"(["80", 'true', "", 'it''s', "a\tb\u00e9\x41\n", "null"])"),
            "[\"80\",\"true\",\"\",\"it's\",\"a\\tb\u00e9A\\n\",\"null\"]");
}

TEST(YamlReader, HonoursCoreTagsAndRefusesOthers) {
  EXPECT_EQ(json_of("[!!str 80, !!str ~, !!str, ! 80, !!int \"80\", !!float \"1.5\", !!bool \"true\", !!null \"\"]"),
            R"(["80","~","","80",80,1.5,true,null])");
  EXPECT_EQ(json_of("!!map {a: !!seq [1]}"), R"({"a":[1]})");
  for (const char* text : {"!!int web", "!!bool 1", "!!binary aGk=", "!Ref x", "!!python/object:os.system {}",
                           "!!set {a}", "!!seq {a: 1}", "!!map [1]", "!!map x"}) {
    EXPECT_THAT(refusal_message(text), HasSubstr("is not supported")) << text;
  }
}

TEST(YamlReader, RefusesNumbersThatJsonLacks) {
  for (const char* text : {".inf", "-.INF", "+.Inf", ".nan", ".NaN"}) {
    EXPECT_THAT(refusal_message("a: " + std::string(text)), StartsWith("line 1, column 4: ")) << text;
  }
}

TEST(YamlReader, MakesEveryKeyAString) {
  EXPECT_EQ(json_of("{80: a, true: b, 1.50: c, ~: d, \"x\": e}"),
            R"({"1.50":"c","80":"a","null":"d","true":"b","x":"e"})");
  EXPECT_EQ(json_of("k: &k name\n*k : v"), R"({"k":"name","name":"v"})");
  EXPECT_THAT(refusal_message("a: 1\n? [b]\n: 1"), StartsWith("line 2, column 3: a key must be"));
  EXPECT_THAT(refusal_message("? {b: 1}\n: 1"), HasSubstr("a key must be"));
  EXPECT_THAT(refusal_message("a: &m {}\n*m : 1"), HasSubstr("a key must be"));
}

TEST(YamlReader, ReportsDuplicateKeysByPath) {
  const YamlDocument document =
      parse_one_yaml("a: 1\nspec:\n  ports:\n  - {p: 1}\n  - p: 1\n    p: 2\n  ports: []\na: 2\n");
  EXPECT_EQ(document.duplicate_fields, (std::vector<std::string>{"spec.ports[1].p", "spec.ports", "a"}));
  EXPECT_EQ(to_canonical(document.value), R"({"a":2,"spec":{"ports":[]}})");
}

TEST(YamlReader, ExpandsAliases) {
  EXPECT_EQ(json_of("a: &x {b: [1, &y two]}\nc: *x\nd: *y\ne: [*x, *y]"),
            R"({"a":{"b":[1,"two"]},"c":{"b":[1,"two"]},"d":"two","e":[{"b":[1,"two"]},"two"]})");
  EXPECT_EQ(json_of("a: &x 1\nb: &x 2\nc: *x"), R"({"a":1,"b":2,"c":2})");
  EXPECT_THAT(refusal_message("a: *none"), StartsWith("line 1, column 4: "));
  EXPECT_THAT(refusal_message("a: &x [1, *x]"), HasSubstr("inside its own anchor"));
  EXPECT_THAT(refusal_message("a: &x 1\n---\nb: *x"), StartsWith("line 3, "));
}

TEST(YamlReader, MergesMapsUnderExplicitKeys) {
  EXPECT_EQ(json_of("base: &b {x: 1, y: 2}\nweb:\n  x: 9\n  <<: *b\n"),
            R"({"base":{"x":1,"y":2},"web":{"x":9,"y":2}})");
  EXPECT_EQ(json_of("web:\n  <<: {x: 1, y: 2}\n  x: 9\n"), R"({"web":{"x":9,"y":2}})");
  EXPECT_EQ(json_of("<<: [{x: 1}, {x: 2, y: 2}]"), R"({"x":1,"y":2})");
  EXPECT_EQ(json_of("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}"),
            R"({"a":{"x":1},"b":{"x":1,"y":2},"c":{"x":1,"y":2,"z":3}})");
  EXPECT_EQ(json_of("\"<<\": 1"), R"({"<<":1})");
  EXPECT_TRUE(parse_one_yaml("<<: {x: 1}\nx: 2").duplicate_fields.empty());
  EXPECT_EQ(parse_one_yaml("<<: {x: 1}\n<<: {y: 1}").duplicate_fields, std::vector<std::string>{"<<"});
  EXPECT_THAT(refusal_message("a:\n  <<: 1"), StartsWith("line 2, column 7: << needs a map"));
  EXPECT_THAT(refusal_message("<<: [1]"), HasSubstr("<< needs a map"));
  EXPECT_THAT(refusal_message("<<: ~"), HasSubstr("<< needs a map"));
}

TEST(YamlReader, ReadsAStreamAndSaysWhereEachDocumentStarts) {
  const auto documents =
      parse_yaml("\xEF\xBB\xBF# first\na: 1\n---\n---\n# nothing\n--- # third\nb: 2\n...\n---\r\n[c]\r\n---\n");
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(to_canonical(documents[0].value), R"({"a":1})");
  EXPECT_EQ(documents[0].line, 2U);
  EXPECT_EQ(to_canonical(documents[1].value), R"({"b":2})");
  EXPECT_EQ(documents[1].line, 6U);
  EXPECT_EQ(to_canonical(documents[2].value), R"(["c"])");
  EXPECT_TRUE(parse_yaml("").empty());
  EXPECT_TRUE(parse_yaml("# only a comment\n---\n").empty());
}

TEST(YamlReader, WantsOneDocumentWhereOneIsMeant) {
  EXPECT_THROW(parse_one_yaml(""), Status);
  EXPECT_THROW(parse_one_yaml("a: 1\n---\nb: 1"), Status);
  EXPECT_NO_THROW(parse_one_yaml("---\na: 1\n---\n"));
}

TEST(YamlReader, SaysWhereItIsMalformed) {
  EXPECT_THAT(refusal_message("a: 1\nb: [1,\nc: 2\n"), StartsWith("line "));
  EXPECT_THAT(refusal_message("a: 1\n  b: 2\n"), StartsWith("line 2, column 4: "));
  EXPECT_THAT(refusal_message("a: \"x\nb: 1"), StartsWith("line "));
  EXPECT_THAT(refusal_message("a: 1\nb:\t- x: @\n"), StartsWith("line 2, "));
  EXPECT_THAT(refusal_message("a: {b: 1}}\n"), StartsWith("line 1, column 10: "));
  EXPECT_THAT(refusal_message("}\n"), StartsWith("line 1, column 1: "));
  EXPECT_THAT(refusal_message("]]"), StartsWith("line 1, column 1: "));
  EXPECT_THAT(refusal_message("a: 1\n...\nb: 2"), StartsWith("line 3, column 1: "));
}

TEST(YamlReader, RefusesBytesThatAreNoText) {
  EXPECT_THAT(refusal_message("a: 1\nb: \xff"), StartsWith("line 2, column 4: not UTF-8"));
  EXPECT_THAT(refusal_message("a: \xed\xa0\x80"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal_message(std::string_view("a: 1\0b", 6)), StartsWith("line 1, column 5: a control character"));
  EXPECT_THAT(refusal_message("a: 1\n\x04\nb: 2"), StartsWith("line 2, column 1: a control character"));
  EXPECT_THAT(refusal_message("\xff\xfe"
                              "a"),
              HasSubstr("not UTF-8"));
}

TEST(YamlReader, RefusesAliasBombsBeforeTheyExpand) {
  std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    laughs += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) laughs += std::string(i ? "," : "") + "*" + static_cast<char>(c - 1);
    laughs += "]\n";
  }
  EXPECT_THAT(refusal_message(laughs), HasSubstr("more than 100000 values"));

  std::string wide = "a: &a \"" + std::string(1'000'000, 'x') + "\"\nb: [";
  for (int i = 0; i < 10'000; ++i) wide += "*a,";
  EXPECT_THAT(refusal_message(wide + "]"), HasSubstr("bytes, aliases expanded"));

  std::string keys = "a: &a\n  ? " + std::string(500'000, 'k') + "\n  : 1\nb: [";
  for (int i = 0; i < 10'000; ++i) keys += "*a,";
  EXPECT_THAT(refusal_message(keys + "]"), HasSubstr("bytes, aliases expanded"));

  std::string merges = "a: &a {k1: 1, k2: 2}\nb:\n  <<: [";
  for (int i = 0; i < 60'000; ++i) merges += "*a,";
  EXPECT_THAT(refusal_message(merges + "]"), HasSubstr("more than 100000 values"));
}

TEST(YamlReader, RefusesDepthBombs) {
  EXPECT_NO_THROW(parse_yaml(std::string(64, '[') + std::string(64, ']')));
  EXPECT_THAT(refusal_message(std::string(65, '[') + std::string(65, ']')), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(refusal_message(std::string(1'000'000, '[')), StartsWith("line 1, "));
  EXPECT_THAT(refusal_message(std::string(1'000'000, '{')), StartsWith("line 1, "));
  std::string dashes;
  for (int i = 0; i < 10'000; ++i) dashes += "- ";
  EXPECT_THAT(refusal_message(dashes), HasSubstr("nested deeper than 64"));

  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_THAT(refusal_message(chain), HasSubstr("nested deeper than 64"));
}

TEST(YamlReader, HoldsItsOtherLimits) {
  EXPECT_EQ(refusal("a: 123456", {.max_bytes = 8}).reason(), Reason::RequestEntityTooLarge);
  EXPECT_NO_THROW(parse_yaml("[1, 2]", {.max_nodes = 3}));
  EXPECT_THAT(refusal_message("[1, 2, 3]", {.max_nodes = 3}), HasSubstr("more than 3 values"));
  EXPECT_NO_THROW(parse_yaml("---\n---\n", {.max_documents = 2}));
  EXPECT_THAT(refusal_message("---\n---\n---\n", {.max_documents = 2}),
              StartsWith("line 3, column 1: more than 2 documents"));
}

TEST(YamlReader, WrapsWhatCarriesATagOfTheDialect) {
  const YamlDialect dialect{.tags = {"!reset", "!override"}};
  const auto read = [&](std::string_view text) { return to_canonical(parse_yaml(text, {}, dialect)[0].value); };
  EXPECT_EQ(read("a: !reset\nb: !reset null\nc: !reset []\nd: !override [1]\n"),
            R"({"a":{"\u0001!reset":""},"b":{"\u0001!reset":"null"},"c":{"\u0001!reset":[]},)"
            R"("d":{"\u0001!override":[1]}})");
  EXPECT_EQ(read("x: &x {a: !override {k: v}}\ny: *x\nz: {<<: *x}"),
            R"({"x":{"a":{"\u0001!override":{"k":"v"}}},"y":{"a":{"\u0001!override":{"k":"v"}}},)"
            R"("z":{"a":{"\u0001!override":{"k":"v"}}}})");
  EXPECT_EQ(read("[!reset , !reset]"), R"([{"\u0001!reset":""},{"\u0001!reset":""}])");
  EXPECT_EQ(read("a: !reset"), R"({"a":{"\u0001!reset":""}})");
  EXPECT_EQ(read("a: !override 010"), R"({"a":{"\u0001!override":"010"}})");
  EXPECT_THROW(read("a: !other 1"), Status);
  EXPECT_THROW(read(R"("\x01!reset": 1)"), Status);
  EXPECT_THROW(parse_yaml("a: !reset [1]"), Status);
}

TEST(YamlReader, RefusesKeysThatAreNoStringsWhereADialectSaysSo) {
  const YamlDialect dialect{.keys_are_strings = true};
  const auto read = [&](std::string_view text) { return to_canonical(parse_yaml(text, {}, dialect)[0].value); };
  EXPECT_EQ(read("{'80': 1, yes: 2, <<: {a: 1}}"), R"({"80":1,"a":1,"yes":2})");
  for (const char* text : {"80: a", "true: a", "1.5: a", "{a: {0x10: b}}"}) EXPECT_THROW(read(text), Status) << text;
  EXPECT_EQ(json_of("80: a"), R"({"80":"a"})");
}

}  // namespace
}  // namespace berth::base
