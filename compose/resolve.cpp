// SPDX-License-Identifier: Apache-2.0
#include "compose/resolve.hpp"

#include "compose/problems.hpp"
#include "compose/scalars.hpp"
#include "compose/sources.hpp"

namespace berth::compose {

namespace {

std::string expand_home(std::string_view path, const PathBase& base) {
  if (!path.starts_with('~') || base.home.empty()) return std::string(path);
  return join_path(base.home, path.substr(1));
}

std::string plain(std::string_view path, const PathBase& base) {
  const std::string expanded = expand_home(path, base);
  return expanded.empty() || is_absolute(expanded) ? expanded : join_path(base.folder, expanded);
}

std::string unix_path(std::string_view path, const PathBase& base) {
  const std::string expanded = expand_home(path, base);
  if (is_absolute(expanded) || is_windows_absolute(expanded)) return expanded;
  return join_path(base.folder, expanded);
}

std::string context(std::string_view path, const PathBase& base) {
  if (path.find("://") != std::string_view::npos) return std::string(path);
  for (const char* remote : {"service:", "github.com/", "git@"}) {
    if (path.starts_with(remote)) return std::string(path);
  }
  return plain(path, base);
}

void resolve_mount(Json& value, const PathBase& base, const std::string& path) {
  if (!value.is_object() || base::string_at(value, "type") != "bind") return;
  Json* source = value.get_object().if_contains("source");
  if (source == nullptr || !source->is_string()) refuse(path + ".source", "is required with type bind");
  const std::string expanded = expand_home(source->get_string(), base);
  *source = Json(unix_path(expanded, base));
  if (!is_absolute(expanded) && !is_windows_absolute(expanded)) value.get_object()[kWasRelative] = true;
}

// A volume of driver local that is a bind in disguise.
void resolve_volume_options(Json& value, const PathBase& base) {
  if (base::string_at(value, "driver") != "local" || base::string_at(value, "driver_opts.o") != "bind") return;
  Json* device = base::find_path(value, "driver_opts.device");
  if (device != nullptr && device->is_string()) *device = Json(unix_path(device->get_string(), base));
}

void resolve_texts(Json& value, std::string (*rule)(std::string_view, const PathBase&), const PathBase& base) {
  if (value.is_string()) {
    value = Json(rule(value.get_string(), base));
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) resolve_texts(member.value(), rule, base);
  } else if (value.is_array()) {
    for (Json& item : value.get_array()) resolve_texts(item, rule, base);
  }
}

}  // namespace

void resolve_paths(const Shape& shape, Json& value, const PathBase& base, const std::string& path) {
  switch (shape.path) {
    case PathRule::Plain:
      return resolve_texts(value, plain, base);
    case PathRule::Unix:
      return resolve_texts(value, unix_path, base);
    case PathRule::Context:
      return resolve_texts(value, context, base);
    case PathRule::Mount:
      return resolve_mount(value, base, path);
    case PathRule::VolumeOptions:
      return resolve_volume_options(value, base);
    case PathRule::None:
      break;
  }
  if (value.is_object()) {
    for (auto& member : value.get_object()) {
      const Shape* inner = shape.member(member.key());
      if (inner != nullptr) resolve_paths(*inner, member.value(), base, member_path(path, member.key()));
    }
  } else if (value.is_array() && shape.kind == Kind::List) {
    std::size_t index = 0;
    for (Json& item : value.get_array()) resolve_paths(shape.item.front(), item, base, item_path(path, index++));
  }
}

}  // namespace berth::compose
