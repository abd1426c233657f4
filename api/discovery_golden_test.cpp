// SPDX-License-Identifier: Apache-2.0
// What discovery says, held by tests/golden/api/<case>.json. BERTH_GOLDEN_REWRITE=1 writes what is said now.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/aggregated_discovery.hpp"
#include "api/discovery.hpp"
#include "base/indented_json.hpp"

namespace berth::api {
namespace {

const std::filesystem::path kFolder = BERTH_SOURCE_DIR "/tests/golden/api";

struct DiscoveryCase {
  std::string name;
  base::Json said;
};

std::vector<DiscoveryCase> cases() {
  const auto& catalog = schemas::Catalog::instance();
  return {{"api", core_versions("127.0.0.1:7443")},
          {"apis", group_list(catalog)},
          {"apis_berth.dev", group_of(catalog, "berth.dev").value()},
          {"apis_berth.dev_v1", resource_list(catalog, "berth.dev", "v1").value()},
          {"api_v1", resource_list(catalog, "", "v1").value()},
          {"aggregated_api", aggregated_discovery(catalog, DiscoveryRoot::Core, "v2")},
          {"aggregated_apis", aggregated_discovery(catalog, DiscoveryRoot::Groups, "v2")}};
}

TEST(DiscoveryGolden, SaysWhatTheFilesHold) {
  for (const DiscoveryCase& wanted : cases()) {
    const auto path = kFolder / (wanted.name + ".json");
    const std::string said = base::indent_json(boost::json::serialize(wanted.said), 2);
    if (std::getenv("BERTH_GOLDEN_REWRITE") != nullptr) {
      std::filesystem::create_directories(kFolder);
      std::ofstream(path) << said;
    }
    std::ifstream file(path);
    const std::string held{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(said, held) << path;
  }
}

TEST(Discovery, KnowsNoOtherGroup) {
  const auto& catalog = schemas::Catalog::instance();
  EXPECT_FALSE(group_of(catalog, ""));
  EXPECT_FALSE(group_of(catalog, "apps"));
  EXPECT_FALSE(resource_list(catalog, "apps", "v1"));
  EXPECT_FALSE(resource_list(catalog, "berth.dev", "v2"));
}

TEST(Discovery, VersionComparesAsARelease) {
  const base::Json version = version_info();
  EXPECT_EQ(base::string_at(version, "gitVersion"), "v1.34.0+berth." BERTH_VERSION);
  for (const auto& [key, value] : version.as_object()) EXPECT_TRUE(value.is_string()) << key;
}

}  // namespace
}  // namespace berth::api
