// SPDX-License-Identifier: Apache-2.0
#include "cli/manifest_error.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

// The second document of web.yaml, from line 4.
Manifest web() {
  return parse_manifests(
      "apiVersion: v1\n"
      "kind: A\n"
      "\n"
      "---\n"
      "apiVersion: v1\n"
      "kind: B\n"
      "spec:\n"
      "  a: 1\n"
      "  env:\n"
      "    - {name: X, b: 2}\n"
      "  ports: [{hostPort: 0}]\n",
      "web.yaml")[1];
}

std::string shown(const std::string& message, const Manifest& manifest = web()) {
  return manifest_error(base::bad_request(message), manifest).message();
}

TEST(ManifestError, NamesThePlaceOfOneField) {
  const std::string strict = "cannot be handled as a Container: strict decoding error: unknown field \"spec.a\"";
  EXPECT_EQ(shown(strict), "web.yaml:8:3: " + strict);
  const std::string typed =
      "failed to create typed patch object (default/web; v1, Kind=B): .spec.env[name=\"X\"].b: field not declared in "
      "schema";
  EXPECT_EQ(shown(typed), "web.yaml:10:17: " + typed);
  base::Details details;
  details.causes = {{"FieldValueRequired", "Required value", "spec.image"}};
  const base::Status absent(base::Reason::Invalid, "B \"web\" is invalid: spec.image: Required value", details);
  EXPECT_EQ(manifest_error(absent, web()).message(), "web.yaml:7:1: " + absent.message())
      << "of what it is absent from";
}

TEST(ManifestError, NamesTheDocumentWhereNoFieldIsMeant) {
  EXPECT_EQ(shown("no"), "web.yaml:4: no");
  EXPECT_EQ(shown("web.yaml:4: kind is not set"), "web.yaml:4: kind is not set");
  EXPECT_EQ(shown("strict decoding error: ?"), "web.yaml:4: strict decoding error: ?");
}

TEST(ManifestError, SeveralCausesHaveALineEach) {
  const std::string head = "Container in version \"v1\" cannot be handled as a Container: strict decoding error:";
  EXPECT_EQ(shown(head +
                  " unknown field \"spec.a\", unknown field \"spec.env[0].b\", duplicate field \"spec.c\", and 4 more"),
            "web.yaml:4: " + head +
                "\n  web.yaml:8:3: unknown field \"spec.a\"\n  web.yaml:10:17: unknown field \"spec.env[0].b\"\n"
                "  web.yaml:7:1: duplicate field \"spec.c\"\n  and 4 more");
  const std::string typed = "failed to create typed patch object (default/web; v1, Kind=B): errors:\n";
  EXPECT_EQ(shown(typed + "  .spec.a: field not declared in schema\n  .spec.z: field not declared in schema"),
            "web.yaml:4: " + typed +
                "  web.yaml:8:3: .spec.a: field not declared in schema\n  web.yaml:7:1: .spec.z: field not declared in "
                "schema");
  base::Details details;
  details.causes = {{"FieldValueRequired", "Required value", "spec.image"},
                    {"FieldValueInvalid", "Invalid value: 0: too low", "spec.ports[0].hostPort"}};
  const base::Status invalid(base::Reason::Invalid,
                             "Container.berth.dev \"web\" is invalid: [spec.image: Required value, "
                             "spec.ports[0].hostPort: Invalid value: 0: too low]",
                             details);
  const base::Status both = manifest_error(invalid, web());
  EXPECT_EQ(both.message(),
            "web.yaml:4: Container.berth.dev \"web\" is invalid:\n  web.yaml:7:1: spec.image: Required value\n"
            "  web.yaml:11:12: spec.ports[0].hostPort: Invalid value: 0: too low");
  EXPECT_EQ(both.reason(), base::Reason::Invalid);
}

TEST(ManifestError, ItemsOfListsAreFound) {
  const auto items = parse_manifests(
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- apiVersion: v1\n  kind: B\n  x: 1\n",
      "l.yaml");
  EXPECT_EQ(shown("strict decoding error: unknown field \"x\"", items[1]),
            "l.yaml:7:3: strict decoding error: unknown field \"x\"");
  EXPECT_EQ(shown("no", items[1]), "l.yaml:1, item 2: no");
}

}  // namespace
}  // namespace berth::cli
