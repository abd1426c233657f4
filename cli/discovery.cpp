// SPDX-License-Identifier: Apache-2.0
#include "cli/discovery.hpp"

#include "base/http.hpp"
#include "base/status.hpp"
#include "cli/text_lists.hpp"

namespace berth::cli {
namespace {

std::string lower(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return copy;
}

Resource read_resource(const Json& entry, const std::string& group, const std::string& version) {
  Resource resource;
  resource.group = group;
  resource.version = version;
  resource.plural = base::string_at(entry, "name");
  resource.singular = base::string_at(entry, "singularName");
  resource.kind = base::string_at(entry, "kind");
  resource.namespaced = base::bool_at(entry, "namespaced");
  if (resource.singular.empty()) resource.singular = lower(resource.kind);
  resource.short_names = texts_at(entry, "shortNames");
  resource.verbs = texts_at(entry, "verbs");
  resource.categories = texts_at(entry, "categories");
  return resource;
}

bool answers_to(const Resource& resource, std::string_view word) {
  return word == resource.plural || word == resource.singular || word == lower(resource.kind) ||
         std::find(resource.short_names.begin(), resource.short_names.end(), word) != resource.short_names.end();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find(separator, from), text.size());
    parts.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

}  // namespace

std::string Resource::label() const { return group.empty() ? lower(kind) : lower(kind) + "." + group; }

std::string Resource::path(const std::string& ns) const {
  std::string text = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (namespaced && !ns.empty()) text += "/namespaces/" + base::percent_encode(ns);
  return text + "/" + plural;
}

std::string Resource::path(const std::string& ns, const std::string& name) const {
  return path(ns) + "/" + base::percent_encode(name);
}

Task<Discovery> Discovery::read(ApiClient& client) {
  std::vector<std::pair<std::string, std::string>> versions{{"", "v1"}};
  const Reply groups = co_await client.get("/apis");
  for (const Json& group : groups.body.at("groups").get_array()) {
    versions.emplace_back(base::string_at(group, "name"), base::string_at(group, "preferredVersion.version"));
  }
  Discovery discovery;
  for (const auto& [group, version] : versions) {
    const std::string path = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
    const Reply list = co_await client.get(path);
    for (const Json& entry : list.body.at("resources").get_array()) {
      if (base::string_at(entry, "name").find('/') != std::string_view::npos) continue;  // a subresource
      discovery.resources_.push_back(read_resource(entry, group, version));
    }
  }
  co_return discovery;
}

const Resource& Discovery::find(std::string_view word) const {
  if (const Resource* resource = look_up(word)) return *resource;
  throw base::Status(base::Reason::NotFound, "the server doesn't have a resource type \"" + std::string(word) + "\"");
}

const Resource* Discovery::look_up(std::string_view word) const {
  const std::string text = lower(word);
  const auto dot = text.find('.');
  for (const Resource& resource : resources_) {
    if (dot == std::string::npos ? answers_to(resource, text)
                                 : answers_to(resource, text.substr(0, dot)) &&
                                       (text.substr(dot + 1) == resource.group ||
                                        text.substr(dot + 1) == resource.version + "." + resource.group)) {
      return &resource;
    }
  }
  return nullptr;
}

const Resource& Discovery::find_kind(std::string_view api_version, std::string_view kind) const {
  for (const Resource& resource : resources_) {
    if (resource.kind == kind && resource.api_version() == api_version) return resource;
  }
  throw base::Status(base::Reason::NotFound, "no matches for kind \"" + std::string(kind) + "\" in version \"" +
                                                 std::string(api_version) + "\"");
}

std::vector<Target> read_targets(const Discovery& discovery, const std::vector<std::string>& words) {
  if (words.empty()) {
    throw base::bad_request("you must name a resource type, such as `containers` or `container/web`");
  }
  std::vector<Target> targets;
  if (words.front().find('/') != std::string::npos) {
    for (const std::string& word : words) {
      const auto slash = word.find('/');
      if (slash == std::string::npos || slash + 1 == word.size() || slash == 0) {
        throw base::bad_request("\"" + word + "\": give every argument as TYPE/NAME, or none");
      }
      targets.push_back({&discovery.find(word.substr(0, slash)), word.substr(slash + 1)});
    }
    return targets;
  }
  const std::vector<std::string> types = split(words.front(), ',');
  if (types.size() > 1 && words.size() > 1) throw base::bad_request("names go with one type only");
  for (const std::string& type : types) {
    const Resource& resource = discovery.find(type);
    if (words.size() == 1) targets.push_back({&resource, ""});
    for (std::size_t i = 1; i < words.size(); ++i) targets.push_back({&resource, words[i]});
  }
  return targets;
}

}  // namespace berth::cli
