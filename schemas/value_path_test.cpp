// SPDX-License-Identifier: Apache-2.0
#include "schemas/value_path.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::schemas {

namespace {

const base::Json& sample() {
  static const base::Json kSample = base::parse_json(R"({
    "spec": {"ports": [{"hostPort": 1}, {"containerPort": 5}, {"hostPort": 2}], "none": null},
    "data": {"tls.crt": "c", "a b": "d"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Odd", "status": "False"}]}})");
  return kSample;
}

std::string first(std::string_view path) {
  const base::Json* found = ValuePath(path).first(sample());
  return found ? base::to_canonical(*found) : "nothing";
}

std::string all(std::string_view path) {
  std::string text;
  ValuePath(path).each(sample(), Place(), [&](const base::Json& value, const Place& at) {
    text += at.text() + "=" + base::to_canonical(value) + ";";
  });
  return text;
}

}  // namespace

TEST(ValuePath, LeadsToValues) {
  EXPECT_EQ(first(".spec.ports[0].hostPort"), "1");
  EXPECT_EQ(first("spec.ports[2].hostPort"), "2");
  EXPECT_EQ(first("spec.ports[*].containerPort"), "5");
  EXPECT_EQ(first(R"(data["tls.crt"])"), "\"c\"");
  EXPECT_EQ(first("data['a b']"), "\"d\"");
  EXPECT_EQ(first(R"(.status.conditions[?(@.type=="Ready")].status)"), "\"True\"");
  EXPECT_EQ(all("spec.ports[*].hostPort"), "spec.ports[0].hostPort=1;spec.ports[2].hostPort=2;");
  EXPECT_EQ(all(R"(data["tls.crt"])"), "data[tls.crt]=\"c\";");
  EXPECT_EQ(all(R"(status.conditions[?(@.type=="Odd")].status)"), "status.conditions[1].status=\"False\";");
}

TEST(ValuePath, LeadsNowhereQuietly) {
  for (const char* path : {"spec.none", "spec.ports[3]", "spec.ports.hostPort", "data[0]", "data[*].x",
                           "nothing.at.all", R"(.status.conditions[?(@.type=="Gone")].status)"}) {
    EXPECT_EQ(first(path), "nothing") << path;
    EXPECT_EQ(all(path), "") << path;
  }
}

TEST(ValuePath, NamesWhatIsNotThere) {
  EXPECT_EQ(ValuePath(R"(data["tls.key"])").text_below(Place()), "data[tls.key]");
  const Place root;
  const Place spec = root.field("spec");
  EXPECT_EQ(ValuePath("ports[*].hostPort").text_below(spec), "spec.ports[*].hostPort");
}

TEST(ValuePath, RefusesWhatItCannotRead) {
  for (const char* path : {"", ".", "a..b", "a[", "a[x]", "a[]", "[?(@.type=Ready)]", R"(a[?(@.type="x")])"}) {
    EXPECT_THROW(ValuePath{path}, base::Status) << path;
  }
}

}  // namespace berth::schemas
