// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the server serves, and how a user's word for it is read.
#include <string>
#include <vector>

#include "cli/api_client.hpp"

namespace berth::cli {

struct Resource {
  std::string group;
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  std::vector<std::string> short_names;
  std::vector<std::string> verbs;
  std::vector<std::string> categories;
  bool namespaced = true;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  // "container.berth.dev", "configmap": how kubectl names it before a slash.
  std::string label() const;
  // "containers.berth.dev"
  std::string qualified() const { return group.empty() ? plural : plural + "." + group; }
  // The collection's URL path; `ns` is ignored for cluster-scoped kinds, "" is every namespace.
  std::string path(const std::string& ns) const;
  std::string path(const std::string& ns, const std::string& name) const;
};

class Discovery {
 public:
  static Task<Discovery> read(ApiClient& client);
  const std::vector<Resource>& resources() const { return resources_; }
  // "containers", "container", "ctr", "Container", "containers.berth.dev". Throws NotFound in kubectl's words.
  const Resource& find(std::string_view word) const;
  // The same, or nullptr.
  const Resource* look_up(std::string_view word) const;
  const Resource& find_kind(std::string_view api_version, std::string_view kind) const;

 private:
  std::vector<Resource> resources_;
};

// One thing that a command is about: a type, with a name or without.
struct Target {
  const Resource* resource = nullptr;
  std::string name;
};
// "TYPE[,TYPE] [NAME...]" and "TYPE/NAME...". Throws BadRequest in kubectl's words.
std::vector<Target> read_targets(const Discovery& discovery, const std::vector<std::string>& words);

}  // namespace berth::cli
