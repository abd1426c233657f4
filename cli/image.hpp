// SPDX-License-Identifier: Apache-2.0
#pragma once
// Images on the engines of Hosts.
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace berth::cli {

struct ImageOptions {
  std::string host;                 // "" for every one, where that is allowed
  std::vector<std::string> images;  // references, ids, or names of engineimages
  std::string platform;
  std::string output;  // of ls, as of get
  bool no_headers = false;
};
Task<int> run_image_ls(Session& session, ImageOptions options);
Task<int> run_image_pull(Session& session, ImageOptions options);
Task<int> run_image_rm(Session& session, ImageOptions options);
Task<int> run_image_prune(Session& session, ImageOptions options);

// Whether an engineimage is meant by a word: its name, one of its tags (":latest" added) or digests, or the beginning
// of its id of four digits and more.
bool is_meant(const Json& image, const std::string& word);

}  // namespace berth::cli
