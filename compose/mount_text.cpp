// SPDX-License-Identifier: Apache-2.0
// [SOURCE:]TARGET[:option,...] of `volumes`; declared in compose/long_form.hpp.
#include <cctype>

#include "compose/long_form.hpp"
#include "compose/problems.hpp"
#include "compose/sources.hpp"

namespace berth::compose {

namespace {

bool is_drive(std::string_view text) { return text.size() == 1 && std::isalpha(static_cast<unsigned char>(text[0])); }

bool is_host_path(std::string_view source) {
  if (source.empty()) return false;
  if (source[0] == '.' || source[0] == '/' || source[0] == '~' || source.starts_with("\\\\")) return true;
  return source.size() > 1 && is_drive(source.substr(0, 1)) && source[1] == ':';
}

[[noreturn]] void fail(std::string_view text, const std::string& path, const char* why) {
  refuse(path, "\"" + std::string(text) + "\": " + why + "; write [source:]target[:options]");
}

// At the colons, but not at that of a Windows drive.
std::vector<std::string_view> sections_of(std::string_view text, const std::string& path) {
  std::vector<std::string_view> sections;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] != ':' || is_drive(text.substr(start, i - start)))) continue;
    if (i == start) fail(text, path, "nothing between colons");
    sections.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  if (sections.size() > 3) fail(text, path, "too many colons");
  return sections;
}

void read_option(std::string_view option, JsonObject& mount) {
  const auto part = [&](std::string_view name) -> JsonObject& {
    Json& inner = mount[name];
    if (!inner.is_object()) inner = JsonObject{};
    return inner.get_object();
  };
  if (option == "ro") {
    mount["read_only"] = true;
  } else if (option == "rw") {
    mount.erase("read_only");
  } else if (option == "nocopy") {
    part("volume")["nocopy"] = true;
  } else if (option == "z" || option == "Z") {
    part("bind")["selinux"] = option;
  } else if (option == "private" || option == "rprivate" || option == "shared" || option == "rshared" ||
             option == "slave" || option == "rslave") {
    part("bind")["propagation"] = option;
  } else {
    Json& ignored = mount[kIgnoredOptions];
    if (!ignored.is_array()) ignored = JsonArray{};
    ignored.get_array().push_back(Json(option));
  }
}

}  // namespace

Json lengthen_mount(const Json& value, const std::string& path) {
  if (!value.is_string()) return value;
  const std::string_view text = value.get_string();
  if (text.empty()) refuse(path, "an empty volume");
  JsonObject mount;
  if (text.size() <= 2) return JsonObject{{"type", "volume"}, {"target", clean_path(text)}};
  const auto sections = sections_of(text, path);
  const std::string_view source = sections.size() > 1 ? sections[0] : std::string_view();
  mount["type"] = is_host_path(source) ? "bind" : "volume";
  if (!source.empty()) mount["source"] = source;
  mount["target"] = clean_path(sections.size() > 1 ? sections[1] : sections[0]);
  std::string_view options = sections.size() > 2 ? sections[2] : std::string_view();
  while (!options.empty()) {
    const std::size_t comma = std::min(options.find(','), options.size());
    read_option(options.substr(0, comma), mount);
    options.remove_prefix(std::min(comma + 1, options.size()));
  }
  mount.emplace(is_host_path(source) ? "bind" : "volume", JsonObject{});
  if (is_host_path(source)) mount["bind"].get_object()["create_host_path"] = true;
  return mount;
}

std::string mount_target(std::string_view text, const std::string& path) {
  return std::string(lengthen_mount(Json(text), path).at("target").get_string());
}

}  // namespace berth::compose
