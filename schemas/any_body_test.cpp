// SPDX-License-Identifier: Apache-2.0
// Bodies come from outside: whatever shape one has, the walks answer and do not throw.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "base/clock.hpp"
#include "base/yaml.hpp"
#include "schemas/admit.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::schemas {

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<base::YamlDocument> example_documents() {
  std::vector<base::YamlDocument> documents;
  for (const auto& entry : fs::directory_iterator(BERTH_SOURCE_DIR "/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    for (base::YamlDocument& document : base::parse_yaml(read_file(entry.path())))
      documents.push_back(std::move(document));
  }
  return documents;
}

Json odd_value(std::mt19937& random) {
  switch (random() % 12) {
    case 0:
      return nullptr;
    case 1:
      return true;
    case 2:
      return -1;
    case 3:
      return std::numeric_limits<std::uint64_t>::max();
    case 4:
      return std::numeric_limits<std::int64_t>::min();
    case 5:
      return 1e300;
    case 6:
      return "";
    case 7:
      return Json(std::string(300, 'x'));
    case 8:
      return "\xc3\xa4/../:@=[]";
    case 9:
      return base::JsonArray{nullptr, 1, "x", base::JsonObject{}, base::JsonArray{}};
    case 10:
      return base::JsonObject{{"name", 5}, {"key", nullptr}, {"", "x"}};
    default:
      return base::JsonObject{{"secretKeyRef", base::JsonArray{}}, {"path", "/"}, {"containerPort", "80"}};
  }
}

// Puts an odd value in place of a value somewhere in the tree.
void disturb(Json& value, std::mt19937& random) {
  const std::size_t size = value.is_object()  ? value.get_object().size()
                           : value.is_array() ? value.get_array().size()
                                              : 0;
  if (size == 0 || random() % 5 == 0) {
    value = odd_value(random);
  } else if (value.is_object()) {
    disturb((value.get_object().begin() + static_cast<std::ptrdiff_t>(random() % size))->value(), random);
  } else {
    disturb(value.get_array()[random() % size], random);
  }
}

std::string everything_case() {
  const std::string text = read_file(BERTH_SOURCE_DIR "/tests/golden/schemas/validate/container-everything.txt");
  const std::size_t begin = text.find("-- object --\n") + 13;
  return text.substr(begin, text.find("-- want --") - begin);
}

}  // namespace

TEST(AnyBody, IsAnsweredWithoutAThrow) {
  const Json whole = base::parse_one_yaml(everything_case()).value;
  const Catalog& catalog = Catalog::instance();
  std::mt19937 random(1);
  std::size_t refused = 0;
  constexpr std::size_t kBodies = 1'000;
  for (std::size_t i = 0; i < kBodies; ++i) {
    Json object = whole;
    for (std::size_t times = random() % 3 + 1; times > 0; --times) disturb(object, random);
    const Kind& kind = i % 10 == 0 ? catalog.kinds()[random() % catalog.kinds().size()] : catalog.by_name("Container");
    prune(kind, object);
    EXPECT_TRUE(prune(kind, object).empty());
    apply_defaults(kind, object);
    Json again = object;
    apply_defaults(kind, again);
    EXPECT_TRUE(base::json_equal(object, again));
    refused += validate(kind, object).empty() ? 0 : 1;
    validate_update(kind, object, whole);
    validate_update(kind, whole, object);
    references(kind, object);
    table_cells(kind, object, base::WallTime());
    decode_container(object);
    decode_host(object);
  }
  EXPECT_GT(refused, kBodies / 2);
  EXPECT_LT(refused, kBodies);
}

TEST(Examples, AreValidAsTheyAre) {
  const std::vector<base::YamlDocument> documents = example_documents();
  EXPECT_FALSE(documents.empty());
  for (const base::YamlDocument& document : documents) {
    Json object = document.value;
    const Kind* kind =
        Catalog::instance().find_kind(base::string_at(object, "apiVersion"), base::string_at(object, "kind"));
    ASSERT_NE(kind, nullptr) << base::to_canonical(object);
    if (kind->namespaced) base::make_path(object, "metadata")["namespace"] = "default";
    EXPECT_TRUE(document.duplicate_fields.empty());
    EXPECT_EQ(prune(*kind, object), std::vector<std::string>{});
    apply_defaults(*kind, object);
    for (const base::Cause& cause : validate(*kind, object)) {
      ADD_FAILURE() << base::string_at(object, "metadata.name") << ": " << cause.field << ": " << cause.message;
    }
  }
}

}  // namespace berth::schemas
