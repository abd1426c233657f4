// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "docker/container_view.hpp"
#include "docker/engines.hpp"
#include "docker/image_reference.hpp"

namespace berth::docker {
namespace {

Json parse(const char* text) { return base::parse_json(text); }

ContainerViewPtr whole(const char* inspect) {
  return view_of_inspect(inspect, ContainerView::Extent::Whole, "berth.dev/instance");
}

TEST(ImageReference, IsReadApart) {
  const auto parts = [](std::string_view text) {
    const ImageReference reference = parse_image_reference(text);
    return reference.repository + " " + reference.tag + " " + reference.digest;
  };
  EXPECT_EQ(parts("nginx"), "nginx latest ");
  EXPECT_EQ(parts("nginx:1.27"), "nginx 1.27 ");
  EXPECT_EQ(parts("localhost:5000/team/app"), "localhost:5000/team/app latest ");
  EXPECT_EQ(parts("localhost:5000/team/app:2"), "localhost:5000/team/app 2 ");
  EXPECT_EQ(parts("a/b@sha256:12"), "a/b  sha256:12");
  EXPECT_EQ(parts("a/b:1@sha256:12"), "a/b 1 sha256:12");
  EXPECT_EQ(parse_image_reference("a:1@sha256:12").tag_or_digest(), "sha256:12");
}

TEST(Snapshot, FindsImagesByIdTagAndDigest) {
  Snapshot snapshot;
  snapshot.images =
      Listed({{"sha256:1", parse(R"({"Id":"sha256:1","RepoTags":["nginx:1.27","nginx:latest"],"RepoDigests":null})")},
              {"sha256:2", parse(R"({"Id":"sha256:2","RepoTags":null,"RepoDigests":["ghcr.io/a/b@sha256:feed"]})")}});
  const auto id = [&](const char* reference) {
    const Json* found = snapshot.image(reference);
    return found == nullptr ? std::string("none") : std::string(base::string_at(*found, "Id"));
  };
  EXPECT_EQ(id("sha256:1"), "sha256:1");
  EXPECT_EQ(id("nginx"), "sha256:1");
  EXPECT_EQ(id("docker.io/library/nginx:1.27"), "sha256:1");
  EXPECT_EQ(id("nginx:1.28"), "none");
  EXPECT_EQ(id("ghcr.io/a/b@sha256:feed"), "sha256:2");
  EXPECT_EQ(id("ghcr.io/a/b:9@sha256:feed"), "sha256:2");
  EXPECT_EQ(id("ghcr.io/a/b"), "none");
  EXPECT_EQ(id("sha256:3"), "none");
}

TEST(Snapshot, SelectsContainersByAllLabels) {
  Snapshot snapshot;
  const auto add = [&](const char* inspect) { snapshot.containers.put(whole(inspect)); };
  add(R"({"Id":"1","Name":"/web","Config":{"Labels":{"a":"x","b":"y"}},"State":{"Status":"exited"}})");
  add(R"({"Id":"2","Name":"/db","Config":{"Labels":{"a":"x"}},"State":{"Status":"running"}})");
  EXPECT_EQ(snapshot.containers_with({{"a", "x"}}).size(), 2u);
  ASSERT_EQ(snapshot.containers_with({{"a", "x"}, {"b", "y"}}).size(), 1u);
  EXPECT_EQ(snapshot.containers_with({{"a", "x"}, {"b", "y"}})[0]->name, "web");
  EXPECT_TRUE(snapshot.containers_with({{"a", ""}}).empty());
  EXPECT_EQ(snapshot.container_by_name("db")->id, "2");
  EXPECT_EQ(snapshot.container_by_name("absent"), nullptr);
}

const char* const kInspect =
    R"({"Id":"1","Name":"/web","Config":{"Labels":{"a":"x"}},"State":{"Status":"running","ExitCode":0,
        "Health":{"Status":"healthy"}},"NetworkSettings":{"Networks":{"n":{"EndpointID":"e1"}}}})";

TEST(ContainerView, ReadsHealthOnlyWhileRunning) {
  EXPECT_EQ(whole(kInspect)->health, "healthy");
  EXPECT_EQ(whole(R"({"State":{"Status":"exited","Health":{"Status":"unhealthy"}}})")->health, "");
}

TEST(ContainerView, ARowShowsWhatTheInspectDoesNotKnow) {
  const auto view = whole(kInspect);
  Json row = parse(R"j({"Id":"1","Names":["/other/link","/web"],"Labels":{"a":"x"},"State":"running",
      "Status":"Up 3 seconds (healthy)","NetworkSettings":{
    "Networks" : { "n" : {"EndpointID" : "e1"} }}
})j");
  EXPECT_FALSE(row_differs(row, *view));
  const auto differs_with = [&](const char* field, Json value) {
    Json changed = row;
    changed.as_object()[field] = std::move(value);
    return row_differs(changed, *view);
  };
  EXPECT_TRUE(differs_with("State", "paused"));
  EXPECT_TRUE(differs_with("Names", parse(R"(["/web2"])")));
  EXPECT_TRUE(differs_with("Labels", parse(R"({"a":"y"})")));
  EXPECT_TRUE(differs_with("Status", "Up 3 seconds (unhealthy)"));
  EXPECT_FALSE(differs_with("Status", "Up 9 minutes (healthy)"));
  EXPECT_TRUE(differs_with("NetworkSettings", parse(R"({"Networks":{}})")));
  EXPECT_TRUE(differs_with("NetworkSettings", parse(R"({"Networks":{"n":{"EndpointID":"e2"}}})")));
  EXPECT_TRUE(differs_with("Health", parse(R"({"Status":"starting"})")));
  EXPECT_FALSE(differs_with("Health", parse(R"({"Status":"healthy"})")));
}

TEST(ContainerView, AnotherExitCodeIsAChange) {
  const auto view = whole(R"({"Id":"1","Name":"/web","State":{"Status":"exited","ExitCode":137}})");
  EXPECT_FALSE(
      row_differs(parse(R"j({"Names":["/web"],"State":"exited","Status":"Exited (137) 1 second ago"})j"), *view));
  EXPECT_TRUE(row_differs(parse(R"j({"Names":["/web"],"State":"exited","Status":"Exited (0) 1 second ago"})j"), *view));
}

}  // namespace
}  // namespace berth::docker
