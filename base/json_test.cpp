// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/status.hpp"
#include "base/utf8.hpp"

namespace berth::base {
namespace {

using testing::HasSubstr;

Status refusal(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, limits);
  } catch (const Status& status) {
    return status;
  }
  ADD_FAILURE() << "accepted: " << text.substr(0, 80);
  return internal_error("accepted");
}

TEST(JsonReader, ReadsEveryKind) {
  const Json value = parse_json(R"( {"n":null,"t":true,"f":false,"i":-7,"s":"a\u00e9\n","a":[1,[]],"o":{}} )");
  EXPECT_EQ(to_canonical(value),
            "{\"a\":[1,[]],\"f\":false,\"i\":-7,\"n\":null,\"o\":{},\"s\":\"a\u00e9\\n\",\"t\":true}");
}

TEST(JsonReader, BuildsInTheMemoryItIsGiven) {
  boost::json::monotonic_resource arena;
  const ParsedJson parsed =
      parse_json_reporting(R"({"name":"a name that fits in no small buffer","list":[{}]})", {}, &arena);
  EXPECT_EQ(parsed.value.storage().get(), &arena);
  EXPECT_EQ(parsed.value.at("name").storage().get(), &arena);
  EXPECT_EQ(parsed.value.at("list").at(0).storage().get(), &arena);
}

TEST(JsonReader, KeepsIntegersWhole) {
  EXPECT_EQ(parse_json("80.0"), Json(80));
  EXPECT_TRUE(parse_json("80.0").is_int64());
  EXPECT_TRUE(parse_json("8e1").is_int64());
  EXPECT_EQ(parse_json("9223372036854775807").as_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_json("-9223372036854775808").as_int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_json("18446744073709551615").as_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(parse_json("18446744073709551616").is_double());
  EXPECT_TRUE(parse_json("1e300").is_double());
  EXPECT_TRUE(parse_json("-0.0").is_int64());
}

TEST(JsonReader, ReadsTheNearestDouble) {
  EXPECT_EQ(parse_json("1.5").as_double(), 1.5);
  EXPECT_EQ(parse_json("[0.1,2]").as_array()[0].as_double(), 0.1);
  EXPECT_EQ(parse_json("1e-400"), Json(0));
  EXPECT_EQ(refusal("1e400").reason(), Reason::BadRequest);
  EXPECT_EQ(refusal("-1e400").reason(), Reason::BadRequest);
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    EXPECT_TRUE(json_equal(parse_json(to_canonical(number)), number)) << to_canonical(number);
  }
}

TEST(JsonReader, ReportsDuplicateKeysByPath) {
  const ParsedJson parsed = parse_json_reporting(
      R"({"a":1,"spec":{"image":"x","im\u0061ge":"y","ports":[{},{"p":1,"p":2,"p":3}]},"a":{"b":1,"b":2}})");
  EXPECT_EQ(parsed.duplicate_fields,
            (std::vector<std::string>{"spec.image", "spec.ports[1].p", "spec.ports[1].p", "a", "a.b"}));
  EXPECT_EQ(string_at(parsed.value, "spec.image"), "y");
  EXPECT_EQ(int_at(parsed.value, "a.b"), 2);
}

TEST(JsonReader, FindsADuplicateInWhatALaterOneHides) {
  const ParsedJson parsed = parse_json_reporting(R"([[0,{"a":{"x":1,"x":1},"a":0}]])");
  EXPECT_EQ(parsed.duplicate_fields, (std::vector<std::string>{"[0][1].a.x", "[0][1].a"}));
}

TEST(JsonReader, ReportsNothingWithoutDuplicates) {
  EXPECT_TRUE(parse_json_reporting(R"({"a":{"a":{"a":[{"a":1},{"a":1}]}}})").duplicate_fields.empty());
  EXPECT_TRUE(parse_json_reporting("7").duplicate_fields.empty());
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "'a'",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "NaN",
                           "tru",
                           "\"\x01\"",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\\ud800\"",
                           "// c\n1",
                           "{} {}",
                           "1 2",
                           "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(refusal(text).reason(), Reason::BadRequest) << text;
  }
  EXPECT_EQ(refusal(std::string_view("{}\0", 3)).reason(), Reason::BadRequest);
}

TEST(JsonReader, SaysWhere) {
  EXPECT_THAT(refusal(R"({"a":1,"b":tru})").message(), HasSubstr("malformed JSON at byte 11"));
  EXPECT_THAT(refusal("{} x").message(), HasSubstr("at byte 3"));
}

TEST(JsonReader, HoldsItsLimits) {
  const JsonLimits small{.max_bytes = 10, .max_depth = 3};
  EXPECT_NO_THROW(parse_json("[[[1]]]", small));
  EXPECT_EQ(refusal("[[[[1]]]]", small).reason(), Reason::BadRequest);
  EXPECT_NO_THROW(parse_json("\"12345678\"", small));
  EXPECT_EQ(refusal("\"123456789\"", small).reason(), Reason::RequestEntityTooLarge);
  EXPECT_EQ(refusal(std::string(1'000'000, '[')).reason(), Reason::BadRequest);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(refusal(objects).reason(), Reason::BadRequest);
}

TEST(JsonWriter, SortsKeysBytewise) {
  EXPECT_EQ(to_canonical(parse_json(R"({"b":1,"a":{"z":1,"Z":2,"é":3,"":4},"B":[]})")),
            R"({"B":[],"a":{"":4,"Z":2,"z":1,"é":3},"b":1})");
}

TEST(JsonWriter, GivesEqualValuesEqualBytes) {
  EXPECT_EQ(to_canonical(Json(1)), "1");
  EXPECT_EQ(to_canonical(Json(1U)), "1");
  EXPECT_EQ(to_canonical(Json(1.0)), "1");
  EXPECT_EQ(to_canonical(Json(-0.0)), "0");
  EXPECT_EQ(to_canonical(Json(1e17)), "100000000000000000");
  EXPECT_EQ(to_canonical(Json(1.5)), "1.5");
  EXPECT_THROW(to_canonical(Json(std::numeric_limits<double>::infinity())), Status);
}

TEST(JsonWriter, EscapesWhatMustBe) {
  std::string out;
  append_quoted(out, std::string_view("a\"\\\b\f\n\r\t\x01\0\x7f", 11));
  EXPECT_EQ(out, R"("a\"\\\b\f\n\r\t\u0001\u0000)"
                 "\x7f\"");
  out.clear();
  append_quoted(out, "\xff\xe2\x82 \xe2\x82\xac\xf0\x9f\x9a\xa2");
  EXPECT_EQ(out, "\"\uFFFD\uFFFD\uFFFD \u20AC\U0001F6A2\"");
}

// Several characters are looked at together: whatever the neighbours, each is written as if it stood alone.
TEST(JsonWriter, EscapesWhereverItStands) {
  const auto alone = [](char c) {
    std::string out;
    append_quoted(out, std::string_view(&c, 1));
    return out.substr(1, out.size() - 2);
  };
  for (int c = 0; c < 256; ++c) {
    const std::string written = alone(static_cast<char>(c));
    for (std::size_t length = 1; length < 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, at % 2 == 0 ? '!' : '#');  // beside the quotation mark, as space beside the controls
        text[at] = static_cast<char>(c);
        std::string out;
        append_quoted(out, text);
        ASSERT_EQ(out, '"' + text.substr(0, at) + written + text.substr(at + 1) + '"') << c << " of " << length;
      }
    }
  }
}

TEST(JsonEqual, IgnoresOrderAndTheKindOfNumber) {
  EXPECT_TRUE(json_equal(parse_json(R"({"a":1,"b":[{"c":null}]})"), parse_json(R"({"b":[{"c":null}],"a":1.0})")));
  EXPECT_TRUE(json_equal(Json(1), Json(1U)));
  EXPECT_TRUE(json_equal(Json(1U), Json(1.0)));
  EXPECT_FALSE(json_equal(Json(1), Json(1.5)));
  EXPECT_FALSE(json_equal(Json(1), Json(true)));
  EXPECT_FALSE(json_equal(Json(1), Json("1")));
  EXPECT_FALSE(json_equal(Json(-1), Json(std::numeric_limits<std::uint64_t>::max())));
  EXPECT_FALSE(json_equal(parse_json(R"({"a":1})"), parse_json(R"({"b":1})")));
  EXPECT_FALSE(json_equal(parse_json(R"({"a":1})"), parse_json(R"({"a":1,"b":1})")));
  EXPECT_FALSE(json_equal(parse_json("[1,2]"), parse_json("[2,1]")));
  EXPECT_FALSE(json_equal(parse_json("[1]"), parse_json("[1,1]")));
}

TEST(JsonPath, ReadsThroughObjects) {
  const Json value = parse_json(R"({"spec":{"name":"web","port":80,"big":1e300,"on":true,"list":[{}]}})");
  EXPECT_EQ(string_at(value, "spec.name"), "web");
  EXPECT_EQ(string_at(value, "spec.port"), "");
  EXPECT_EQ(string_at(value, "spec.name.x"), "");
  EXPECT_EQ(int_at(value, "spec.port"), 80);
  EXPECT_EQ(int_at(value, "spec.big", 7), 7);
  EXPECT_EQ(int_at(value, "spec.none", 7), 7);
  EXPECT_TRUE(bool_at(value, "spec.on"));
  EXPECT_TRUE(bool_at(value, "spec.none", true));
  EXPECT_EQ(find_path(value, "spec.list.x"), nullptr);
  EXPECT_EQ(find_path(value, ""), &value);
}

TEST(JsonPath, MakesWhatIsMissing) {
  Json value;
  make_path(value, "metadata.labels")["app"] = "web";
  make_path(value, "metadata")["name"] = "n";
  make_path(value, "metadata.name.deep")["x"] = 1;
  EXPECT_EQ(to_canonical(value), R"({"metadata":{"labels":{"app":"web"},"name":{"deep":{"x":1}}}})");
}

// Against the table of well-formed byte sequences in the Unicode standard (3-7).
TEST(Utf8, KnowsWellFormedSequences) {
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_EQ(utf8_length("a\xff"), 1U);
  for (const char* good : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(utf8_length(good), std::string_view(good).size()) << testing::PrintToString(good);
  }
  for (const char* bad : {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(utf8_length(bad), 0U) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace berth::base
