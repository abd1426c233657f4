// SPDX-License-Identifier: Apache-2.0
#include "docker/image_reference.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

TEST(ImageReference, IsPulledFromTheRegistryThatEnginesTakeItFrom) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const auto& [reference, registry] : std::initializer_list<std::pair<std::string, std::string>>{
           {"nginx", "docker.io"},
           {"nginx:1.27", "docker.io"},
           {"nginx" + digest, "docker.io"},
           {"library/nginx", "docker.io"},
           {"team/app:1", "docker.io"},
           {"docker.io/library/nginx", "docker.io"},
           {"index.docker.io/team/app", "docker.io"},
           {"ghcr.io/team/app:1", "ghcr.io"},
           {"GHCR.io/team/app:1", "ghcr.io"},
           {"localhost/app", "localhost"},
           {"localhost:5000/app", "localhost:5000"},
           {"registry:5000/team/app:1" + digest, "registry:5000"},
           {"REGISTRY/app", "registry"},
           {"[2001:db8::7]:5000/app", "[2001:db8::7]:5000"},
           {"ghcr.io:443/app", "ghcr.io:443"},
       }) {
    EXPECT_EQ(registry_of(reference), registry) << reference;
  }
}

TEST(ImageReference, ARegistryHasOneName) {
  for (const char* hub : {"docker.io", "https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io"}) {
    EXPECT_EQ(registry_name(hub), "docker.io") << hub;
  }
  EXPECT_EQ(registry_name("https://GHCR.io"), "ghcr.io");
  EXPECT_EQ(registry_name("http://registry:5000/v2/"), "registry:5000");
  // Of others, nothing but the very same host is meant.
  EXPECT_EQ(registry_name("docker.io.example.com"), "docker.io.example.com");
  EXPECT_EQ(registry_name("evil-docker.io"), "evil-docker.io");
}

}  // namespace
}  // namespace berth::docker
