// SPDX-License-Identifier: Apache-2.0
#include "schemas/catalog.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "schemas/admit.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

namespace {

void expect_described(const Schema& schema, const std::string& path) {
  for (const Property& property : schema.properties) {
    const std::string below = path + "." + property.name;
    const bool added =
        path.find('.') == std::string::npos && (property.name == "kind" || property.name == "apiVersion");
    EXPECT_FALSE(property.schema->description.empty() && !added) << below << " has no description";
    expect_described(*property.schema, below);
  }
  if (schema.items) expect_described(*schema.items, path + "[]");
}

// A default must satisfy the schema that it is in, and no status has one.
void expect_no_defaults(const Schema& schema, const std::string& path) {
  EXPECT_FALSE(schema.default_value) << path;
  for (const Property& property : schema.properties) expect_no_defaults(*property.schema, path + "." + property.name);
  if (schema.items) expect_no_defaults(*schema.items, path + "[]");
}

std::unique_ptr<Schema> read(const char* json) { return read_schema(base::parse_json(json), "test"); }

}  // namespace

TEST(Catalog, HasTheKindsOfTheHouse) {
  const Catalog& catalog = Catalog::instance();
  const Kind* container = catalog.find("berth.dev", "v1", "containers");
  ASSERT_NE(container, nullptr);
  EXPECT_EQ(container, catalog.find_kind("berth.dev/v1", "Container"));
  EXPECT_EQ(container, &catalog.by_name("Container"));
  EXPECT_EQ(container->api_version(), "berth.dev/v1");
  EXPECT_EQ(container->resource(), "containers.berth.dev");
  EXPECT_EQ(container->list_kind, "ContainerList");
  EXPECT_EQ(container->short_names, std::vector<std::string>{"ctr"});
  EXPECT_EQ(container->finalizers, std::vector<std::string>{"berth.dev/engine"});
  EXPECT_TRUE(container->namespaced);
  EXPECT_TRUE(container->has_status);
  EXPECT_FALSE(container->built_in);

  const Kind& host = catalog.by_name("Host");
  EXPECT_FALSE(host.namespaced);
  EXPECT_TRUE(host.has_status);

  const Kind* secret = catalog.find("", "v1", "secrets");
  ASSERT_NE(secret, nullptr);
  EXPECT_EQ(secret, catalog.find_kind("v1", "Secret"));
  EXPECT_EQ(secret->api_version(), "v1");
  EXPECT_EQ(secret->resource(), "secrets");
  EXPECT_TRUE(secret->built_in);
  EXPECT_FALSE(secret->has_status);
}

TEST(Catalog, KnowsNothingElse) {
  const Catalog& catalog = Catalog::instance();
  EXPECT_EQ(catalog.find("", "v1", "containers"), nullptr);
  EXPECT_EQ(catalog.find("berth.dev", "v2", "containers"), nullptr);
  EXPECT_EQ(catalog.find("berth.dev", "v1", "container"), nullptr);
  EXPECT_EQ(catalog.find_kind("v1", "Container"), nullptr);
  EXPECT_EQ(catalog.find_kind("berth.dev/v2", "Container"), nullptr);
  EXPECT_EQ(catalog.find_kind("", ""), nullptr);
  EXPECT_THROW(catalog.by_name("Pod"), base::Status);
}

TEST(Catalog, DescribesEveryField) {
  for (const Kind& kind : Catalog::instance().kinds()) expect_described(*kind.schema, kind.kind);
}

TEST(Catalog, DefaultsNoStatus) {
  for (const Kind& kind : Catalog::instance().kinds()) {
    if (const Schema* status = kind.schema->find("status")) expect_no_defaults(*status, kind.kind + ".status");
  }
}

TEST(Catalog, NamesSealedFields) {
  const Catalog& catalog = Catalog::instance();
  EXPECT_EQ(sealed_fields(catalog.by_name("Secret")), (std::vector<std::string>{"data", "stringData"}));
  EXPECT_TRUE(sealed_fields(catalog.by_name("ConfigMap")).empty());
}

TEST(SchemaReader, RefusesWhatIsNotInTheSubset) {
  for (const char* json :
       {R"({"type": "number"})", R"({"type": "object", "oneOf": []})", R"({"type": "string", "patern": "x"})",
        R"({"type": "string", "pattern": "("})", R"({"type": "string", "x-berth-format": "odd"})", "{}", "5",
        R"({"type": "object", "required": ["a"]})", R"({"type": "object", "x-berth-rules": [{"forbid": "a["}]})",
        R"({"type": "object", "x-berth-exactly-one": ["a", "b"]})"}) {
    EXPECT_THROW(read(json), std::exception) << json;
  }
}

TEST(SchemaReader, FindsProperties) {
  const auto schema = read(R"({"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}})");
  ASSERT_NE(schema->find("a"), nullptr);
  EXPECT_EQ(schema->find("a")->type, SchemaType::Integer);
  EXPECT_EQ(schema->find("b")->type, SchemaType::String);
  EXPECT_EQ(schema->find("c"), nullptr);
  EXPECT_EQ(schema->find(""), nullptr);
}

TEST(Invalid, SpeaksAsUpstreamDoes) {
  const Kind& kind = Catalog::instance().by_name("Container");
  const base::Cause image{"FieldValueRequired", "Required value", "spec.image"};
  const base::Cause port{"FieldValueInvalid", "Invalid value: 0: too low", "spec.ports[0].hostPort"};
  const base::Status one = invalid(kind, "web", {image});
  EXPECT_EQ(one.reason(), base::Reason::Invalid);
  EXPECT_EQ(one.message(), "Container.berth.dev \"web\" is invalid: spec.image: Required value");
  EXPECT_EQ(one.details().kind, "Container");
  EXPECT_EQ(one.details().group, "berth.dev");
  EXPECT_EQ(one.details().name, "web");
  EXPECT_EQ(one.details().causes, std::vector<base::Cause>{image});
  const base::Status two = invalid(Catalog::instance().by_name("Secret"), "s", {image, port, image});
  EXPECT_EQ(two.message(),
            "Secret \"s\" is invalid: [spec.image: Required value, spec.ports[0].hostPort: Invalid value: 0: too low]");
}

}  // namespace berth::schemas
