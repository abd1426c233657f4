// SPDX-License-Identifier: Apache-2.0
#include "cli/manifests.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/status.hpp"

namespace berth::cli {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_manifests(text, "web.yaml");
  } catch (const base::Status& status) {
    return status.message();
  }
  return "accepted";
}

TEST(Manifests, ManyDocumentsKeepTheirLines) {
  const auto all = parse_manifests("# first\napiVersion: v1\nkind: A\n---\n---\napiVersion: v1\nkind: B\n", "web.yaml");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(base::string_at(all[1].object, "kind"), "B");
  EXPECT_TRUE(all[1].source.starts_with("web.yaml:")) << all[1].source;
}

TEST(Manifests, ListsAreOpened) {
  const auto all = parse_manifests(
      R"({"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"A"},{"apiVersion":"v1","kind":"B"}]})",
      "list.json");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].source, "list.json:1, item 2");
}

TEST(Manifests, ErrorsNameFileAndPlace) {
  EXPECT_EQ(refusal("kind: A\n"), "web.yaml:1: apiVersion is not set");
  EXPECT_EQ(refusal("apiVersion: v1\nkind: A\nspec: {}\nspec: {}\n"), "web.yaml:4:1: duplicate field \"spec\"");
  const std::string malformed = refusal("apiVersion: v1\nkind: [A\n");
  EXPECT_TRUE(malformed.starts_with("web.yaml: line ")) << malformed;
}

TEST(Manifests, FoldersAreReadByNameAndNotBelow) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "manifests-folder";
  std::filesystem::create_directories(folder / "below");
  for (const char* name : {"b.yaml", "a.yml", "below/c.json", "notes.txt"}) {
    std::ofstream(folder / name) << "{\"apiVersion\": \"v1\", \"kind\": \"" << name << "\"}";
  }
  const auto flat = read_manifests({folder.string()}, Folders::Flat);
  ASSERT_EQ(flat.size(), 2U);
  EXPECT_EQ(base::string_at(flat[0].object, "kind"), "a.yml");
  EXPECT_EQ(read_manifests({folder.string()}, Folders::Recursive).size(), 3U);
  std::filesystem::remove_all(folder);
  EXPECT_THROW(read_manifests({folder.string()}, Folders::Flat), base::Status);
}

TEST(Manifests, WhatCannotBeReadIsNamed) {
  const auto message = [](const std::string& path) {
    try {
      read_manifests({path}, Folders::Flat);
    } catch (const base::Status& status) {
      return std::string(base::to_string(status.reason())) + ": " + status.message();
    }
    return std::string("read");
  };
  EXPECT_EQ(message("/nonexist.yaml"), "BadRequest: the path \"/nonexist.yaml\" does not exist");
  const auto loop = std::filesystem::path(::testing::TempDir()) / "manifests-loop.yaml";
  std::filesystem::remove(loop);
  std::filesystem::create_symlink(loop, loop);
  EXPECT_EQ(message(loop), "BadRequest: cannot read " + loop.string() + ": Too many levels of symbolic links");
  std::filesystem::remove(loop);
}

}  // namespace
}  // namespace berth::cli
