// SPDX-License-Identifier: Apache-2.0
#include "cli/manifest_error.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

TEST(ManifestError, NamesFileAndDocument) {
  const base::Status strict = base::bad_request(
      "Container in version \"v1\" cannot be handled as a Container: strict decoding error: unknown field \"spec.a\"");
  EXPECT_EQ(manifest_error(strict, "web.yaml:7").message(), "web.yaml:7: " + strict.message());
  EXPECT_EQ(manifest_error(base::bad_request("web.yaml:7: kind is not set"), "web.yaml:7").message(),
            "web.yaml:7: kind is not set");
}

TEST(ManifestError, SeveralCausesHaveALineEach) {
  const base::Status strict = base::bad_request(
      "Container in version \"v1\" cannot be handled as a Container: strict decoding error: unknown field \"spec.a\", "
      "unknown field \"spec.b\", duplicate field \"spec.c\", and 4 more");
  EXPECT_EQ(manifest_error(strict, "web.yaml:7").message(),
            "web.yaml:7: Container in version \"v1\" cannot be handled as a Container: strict decoding error:\n"
            "  unknown field \"spec.a\"\n  unknown field \"spec.b\"\n  duplicate field \"spec.c\"\n  and 4 more");
  base::Details details;
  details.causes = {{"FieldValueRequired", "Required value", "spec.image"},
                    {"FieldValueInvalid", "Invalid value: 0: too low", "spec.ports[0].hostPort"}};
  const base::Status invalid(base::Reason::Invalid,
                             "Container.berth.dev \"web\" is invalid: [spec.image: Required value, "
                             "spec.ports[0].hostPort: Invalid value: 0: too low]",
                             details);
  const base::Status shown = manifest_error(invalid, "web.yaml:7");
  EXPECT_EQ(shown.message(),
            "web.yaml:7: Container.berth.dev \"web\" is invalid:\n  spec.image: Required value\n"
            "  spec.ports[0].hostPort: Invalid value: 0: too low");
  EXPECT_EQ(shown.reason(), base::Reason::Invalid);
}

}  // namespace
}  // namespace berth::cli
