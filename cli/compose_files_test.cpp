// SPDX-License-Identifier: Apache-2.0
#include "cli/compose_files.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "cli/temporary_folder.hpp"

namespace berth::cli {
namespace {

namespace fs = std::filesystem;

class ComposeFilesTest : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    fs::create_directories((at() / path).parent_path());
    write_text(at() / path, text);
  }
  fs::path at() const { return folder_.path(); }
  std::string at(const std::string& path) const { return (at() / path).string(); }
  ComposeFiles open(const std::string& below = "", Look look = Look::Here) const {
    return open_compose_files({}, "", below.empty() ? at() : at() / below, look);
  }
  std::string refusal(const std::vector<std::string>& named, Look look = Look::Here) const {
    try {
      open_compose_files(named, "", at(), look);
    } catch (const base::Status& status) {
      return status.message();
    }
    return "accepted";
  }
  static std::vector<std::string> paths_of(const ComposeFiles& files) {
    std::vector<std::string> paths;
    for (const auto& [path, content] : files.contents) paths.push_back(path);
    return paths;
  }
  // What is sent of the folder.
  std::vector<std::string> read(const Reading& reading = {.project = "shop"}) const {
    ComposeFiles files = open();
    add_what_it_reads(files, reading);
    return paths_of(files);
  }
  using Paths = std::vector<std::string>;

 private:
  TemporaryFolder folder_{"berth-compose-test-"};
};

TEST_F(ComposeFilesTest, TheFirstOfComposesNamesIsTaken) {
  put("docker-compose.yml", "services: {a: {image: a}}");
  EXPECT_EQ(open().shown, at("docker-compose.yml"));
  put("compose.yaml", "services: {b: {image: b}}");
  EXPECT_EQ(open().shown, at("compose.yaml"));
  EXPECT_EQ(open().contents.at("compose.yaml"), "services: {b: {image: b}}");
}

TEST_F(ComposeFilesTest, FoldersAboveAreLookedAtOnlyWhenAsked) {
  put("compose.yml", "services: {}");
  fs::create_directories(at() / "a/b");
  EXPECT_EQ(open("a/b", Look::AndAbove).folder, at().string());
  EXPECT_THROW(open("a/b"), base::Status);
}

TEST_F(ComposeFilesTest, WhatIsMergedOverItAndItsVariablesComeAlong) {
  put("docker-compose.yaml", "services: {}");
  put("docker-compose.override.yml", "# over");
  put(".env", "A=1\n");
  const ComposeFiles files = open();
  EXPECT_EQ(paths_of(files), (Paths{".env", "compose.override.yaml", "compose.yaml"}));
  EXPECT_EQ(files.contents.at("compose.override.yaml"), "# over");
}

TEST_F(ComposeFilesTest, NamedFilesAreTakenAlone) {
  put("a/stack.yaml", "services: {}");
  put("a/compose.override.yaml", "# not asked for");
  put("b.yaml", "# over");
  put("other.env", "A=2\n");
  const ComposeFiles files = open_compose_files({at("a/stack.yaml"), at("b.yaml")}, at("other.env"), at(), Look::Here);
  EXPECT_EQ(files.folder, at("a"));
  EXPECT_EQ(files.contents.at("compose.override.yaml"), "# over");
  EXPECT_EQ(files.called.at("compose.override.yaml"), at("b.yaml"));
  EXPECT_EQ(files.called.at(".env"), at("other.env"));
  EXPECT_EQ(files.contents.at(".env"), "A=2\n");
}

TEST_F(ComposeFilesTest, WhatCannotBeReadIsNamed) {
  EXPECT_NE(refusal({}).find("no compose file in " + at().string()), std::string::npos) << refusal({});
  EXPECT_EQ(refusal({at("gone.yaml")}), "the path \"" + at("gone.yaml") + "\" does not exist, or is no file");
  EXPECT_NE(refusal({"a", "b", "c"}).find("found 3"), std::string::npos);
  put("latin.yaml", "services: {a: {image: \"\xe4\"}}");
  EXPECT_NE(refusal({at("latin.yaml")}).find("latin.yaml: is no text in UTF-8"), std::string::npos);
}

TEST_F(ComposeFilesTest, OnlyWhatTheFileReadsIsSent) {
  put("compose.yaml", R"(
include: [more/compose.yaml]
services:
  web:
    image: web
    env_file: ["${STAGE}.env", {path: absent.env, required: false}]
    volumes: ["./page.html:/page.html:ro", "./folder:/folder", "/etc/hostname:/name"]
    configs: [conf]
    extends: {file: base.yaml, service: web}
configs: {conf: {file: ./conf.ini}}
)");
  put("more/compose.yaml", "services: {db: {image: db, env_file: own.env}}");
  put("more/own.env", "B=1\n");
  put("base.yaml", "services: {web: {environment: {C: 1}}}");
  put("test.env", "A=1\n");
  put("page.html", "<p>");
  put("conf.ini", "[a]");
  put("folder/inside", "not sent");
  put("private.key", "not sent");
  put(".env", "STAGE=test\n");
  EXPECT_EQ(read(), (Paths{".env", "base.yaml", "compose.yaml", "conf.ini", "more/compose.yaml", "more/own.env",
                           "page.html", "test.env"}));
}

TEST_F(ComposeFilesTest, WithAFolderOnTheHostWhatIsMountedStaysThere) {
  put("compose.yaml", "services: {web: {image: web, env_file: a.env, volumes: [\"./page.html:/page.html\"]}}");
  put("a.env", "A=1\n");
  put("page.html", "<p>");
  EXPECT_EQ(read({.project = "shop", .host_dir = "/srv/shop"}), (Paths{"a.env", "compose.yaml"}));
}

TEST_F(ComposeFilesTest, NothingOutsideOfTheFolderIsSent) {
  put("stack/compose.yaml", "services: {web: {image: web, env_file: ../outside.env}}");
  put("outside.env", "A=1\n");
  ComposeFiles files = open("stack");
  add_what_it_reads(files, {.project = "shop"});
  EXPECT_EQ(paths_of(files), (Paths{"compose.yaml"}));
  EXPECT_EQ(files.outside, (Paths{at("outside.env")}));
}

}  // namespace
}  // namespace berth::cli
