// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::base {
namespace {

TEST(YamlWriter, LooksLikeKubectl) {
  const Json value = parse_json(R"({
    "apiVersion": "berth.dev/v1",
    "empty": {"list": [], "map": {}, "none": null, "text": ""},
    "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z", "generation": 2, "labels": {"on": "yes"}},
    "spec": {
      "args": ["-g", "daemon off;", "- dash", "[x]", "a: b", "it's #1", "# no", "*.go", "@x", "trailing "],
      "content": "line one\n  line two\n\nlast\n",
      "kept": "a\n\n",
      "matrix": [[1, 2], [], [{"x": 1.5, "y": true}]],
      "ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 443}],
      "quoted": ["80", "0644", "1.5", "null", "true", "1_000", "0b1", "12:30", "2026-01-01", "~", "<<", "1e3"],
      "plain": ["nginx:1.27", "8080:80", "10.0.0.1", "a,b", "CMD", "-", "512Mi", "é", "/a b/c"],
      "stripped": "a\nb",
      "strange": ["\u0001", "a\rb", " a\nb", "\n", "\ufeff"]
    }})");
  EXPECT_EQ(to_yaml(value), R"(apiVersion: berth.dev/v1
empty:
  list: []
  map: {}
  none: null
  text: ""
metadata:
  creationTimestamp: "2026-01-01T00:00:00Z"
  generation: 2
  labels:
    "on": "yes"
spec:
  args:
  - -g
  - daemon off;
  - '- dash'
  - '[x]'
  - 'a: b'
  - 'it''s #1'
  - '# no'
  - '*.go'
  - '@x'
  - 'trailing '
  content: |
    line one
      line two

    last
  kept: |+
    a

  matrix:
  - - 1
    - 2
  - []
  - - x: 1.5
      "y": true
  ports:
  - containerPort: 80
    hostPort: 8080
  - containerPort: 443
  quoted:
  - "80"
  - "0644"
  - "1.5"
  - "null"
  - "true"
  - "1_000"
  - "0b1"
  - "12:30"
  - "2026-01-01"
  - "~"
  - "<<"
  - "1e3"
  plain:
  - nginx:1.27
  - "8080:80"
  - 10.0.0.1
  - a,b
  - CMD
  - '-'
  - 512Mi
  - é
  - /a b/c
  stripped: |-
    a
    b
  strange:
  - "\u0001"
  - "a\rb"
  - " a\nb"
  - "\n"
  - "\ufeff"
)");
  EXPECT_EQ(to_yaml(Json("x")), "x\n");
  EXPECT_EQ(to_yaml(JsonArray{}), "[]\n");
}

// Random values made of the characters that YAML gives a meaning to.
class ValueMaker {
 public:
  explicit ValueMaker(unsigned seed) : random_(seed) {}

  Json value(int depth) {
    switch (below(depth > 0 ? 9 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_());
      case 3:
        return std::ldexp(static_cast<double>(below(1000)) - 500, static_cast<int>(below(40)) - 20);
      case 4:
      case 5:
        return Json(text());
      case 6: {
        JsonArray array;
        for (unsigned i = below(4); i > 0; --i) array.push_back(value(depth - 1));
        return array;
      }
      default: {
        JsonObject object;
        for (unsigned i = below(4); i > 0; --i) object[text()] = value(depth - 1);
        return object;
      }
    }
  }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  std::string text() {
    static const std::vector<std::string> kPieces{"a",
                                                  "b c",
                                                  " ",
                                                  "  ",
                                                  "\n",
                                                  "\n\n",
                                                  "\t",
                                                  "\r",
                                                  ":",
                                                  ": ",
                                                  " #",
                                                  "#",
                                                  "-",
                                                  "- ",
                                                  "?",
                                                  "? ",
                                                  "---",
                                                  "...",
                                                  "|",
                                                  ">",
                                                  "&a",
                                                  "*a",
                                                  "!",
                                                  "%",
                                                  "@",
                                                  "`",
                                                  "'",
                                                  "\"",
                                                  "\\",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  "<<",
                                                  "~",
                                                  "null",
                                                  "true",
                                                  "yes",
                                                  "0",
                                                  "0x1",
                                                  "0644",
                                                  "1.5",
                                                  "1e3",
                                                  "12:30",
                                                  "2026-01-01",
                                                  ".inf",
                                                  "_",
                                                  "é",
                                                  "\u20AC",
                                                  "\U0001F6A2",
                                                  "\u0085",
                                                  "\u2028",
                                                  "\uFEFF",
                                                  "\x7f",
                                                  std::string(1, '\0'),
                                                  "\x1b",
                                                  "=",
                                                  std::string(200, 'k'),
                                                  std::string(1100, 'l')};
    std::string text;
    for (unsigned i = below(5); i > 0; --i) text += kPieces[below(static_cast<unsigned>(kPieces.size()))];
    return text;
  }

  std::mt19937_64 random_;
};

TEST(YamlWriter, IsReadBackAsTheSameValue) {
  for (unsigned seed = 0; seed < 4000; ++seed) {
    const Json value = ValueMaker(seed).value(4);
    if (value.is_null()) continue;  // an empty document
    const std::string text = to_yaml(value);
    try {
      const YamlDocument document = parse_one_yaml(text);
      ASSERT_EQ(to_canonical(document.value), to_canonical(value)) << "seed " << seed << "\n" << text;
      ASSERT_TRUE(document.duplicate_fields.empty()) << text;
    } catch (const Status& status) {
      FAIL() << "seed " << seed << ": " << status.what() << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace berth::base
