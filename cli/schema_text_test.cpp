// SPDX-License-Identifier: Apache-2.0
#include "cli/schema_text.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::cli {
namespace {

const base::Json& document() {
  static const base::Json value = base::parse_json(R"({"components":{"schemas":{
    "dev.x.v1.Box":{"description":"A box.","type":"object","required":["spec"],
      "x-kubernetes-group-version-kind":[{"group":"x.dev","version":"v1","kind":"Box"}],
      "properties":{
        "metadata":{"description":"Who it is.","allOf":[{"$ref":"#/components/schemas/io.ObjectMeta"}]},
        "spec":{"type":"object","properties":{
          "lid":{"type":"string","description":"How it closes.","enum":["","Flat","Round","Tight","Loose"]},
          "sizes":{"type":"array","items":{"type":"integer"}},
          "labels":{"type":"object","additionalProperties":{"type":"string"}},
          "inner":{"$ref":"#/components/schemas/dev.x.v1.Box"},
          "doors":{"type":"array","description":"Ways in.","items":{"type":"object","required":["key"],
            "properties":{"key":{"type":"string","description":"Opens it."}}}}}}}},
    "io.ObjectMeta":{"description":"Metadata.","type":"object","properties":{"name":{"type":"string"}}}}}})");
  return value;
}

Resource box() {
  Resource resource;
  resource.group = "x.dev";
  resource.version = "v1";
  resource.kind = "Box";
  return resource;
}

std::string explain(const std::vector<std::string>& path, Fields fields = Fields::Direct) {
  return explain_schema(document(), box(), path, fields);
}

TEST(SchemaText, ShowsTheKindWithItsFields) {
  EXPECT_EQ(explain({}),
            "GROUP:      x.dev\nKIND:       Box\nVERSION:    v1\n\nDESCRIPTION:\n    A box.\n\nFIELDS:\n"
            "  metadata\t<ObjectMeta>\n    Who it is.\n\n"
            "  spec\t<Object> -required-\n    <no description>\n\n\n");
}

TEST(SchemaText, LeadsThroughListsAndReferences) {
  EXPECT_EQ(
      explain({"spec", "doors", "key"}),
      "GROUP:      x.dev\nKIND:       Box\nVERSION:    v1\n\nFIELD: key <string>\n\nDESCRIPTION:\n    Opens it.\n\n\n");
  EXPECT_NE(explain({"spec", "inner", "spec", "lid"}).find("FIELD: lid <string>"), std::string::npos);
  EXPECT_NE(explain({"metadata", "name"}).find("FIELD: name <string>"), std::string::npos);
  const std::string metadata = explain({"metadata"});
  EXPECT_NE(metadata.find("DESCRIPTION:\n    Who it is.\n    Metadata.\n"), std::string::npos) << metadata;
}

TEST(SchemaText, ShowsEnums) {
  EXPECT_NE(explain({"spec"}).find("  lid\t<string>\n  enum: \"\", Flat, Round, Tight, ....\n    How it closes.\n"),
            std::string::npos);
  EXPECT_NE(explain({"spec", "lid"}).find("ENUM:\n    \"\"\n    Flat\n    Round\n    Tight\n    Loose\n\n"),
            std::string::npos);
}

TEST(SchemaText, RecursiveShowsEveryFieldOnceAndEndsAtItself) {
  const std::string text = explain({}, Fields::Recursive);
  EXPECT_NE(text.find("FIELDS:\n  metadata\t<ObjectMeta>\n    name\t<string>\n  spec\t<Object> -required-\n"
                      "    doors\t<[]Object>\n      key\t<string> -required-\n    inner\t<Box>\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("    labels\t<map[string]string>\n"), std::string::npos);
  EXPECT_NE(text.find("    sizes\t<[]integer>\n"), std::string::npos);
}

TEST(SchemaText, NamesTheFieldThatIsNotThere) {
  try {
    explain({"spec", "lids"});
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(), "field \"lids\" does not exist");
  }
}

TEST(SchemaText, WrapsAtWords) {
  EXPECT_EQ(wrap_text("aa bb cc", 5, 2), "  aa bb\n  cc\n");
  EXPECT_EQ(wrap_text("a\n\nlongerword b", 4, 0), "a\n\nlongerword\nb\n");
  EXPECT_EQ(wrap_text("", 4, 1), " \n");
}

}  // namespace
}  // namespace berth::cli
