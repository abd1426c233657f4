// SPDX-License-Identifier: Apache-2.0
#include "compose/merge.hpp"

#include <algorithm>
#include <set>

#include "compose/problems.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

Json merge_any(const Shape* shape, Json earlier, const Json& later, const std::string& path);

JsonArray append(JsonArray earlier, const JsonArray& later) {
  std::set<std::string> known;
  for (const Json& item : earlier) known.insert(base::to_canonical(item));
  for (const Json& item : later) {
    if (known.insert(base::to_canonical(item)).second) earlier.push_back(item);
  }
  return earlier;
}

Json merge_members(const Shape* shape, JsonObject earlier, const JsonObject& later, const std::string& path) {
  for (const auto& member : later) {
    const std::string_view key = member.key();
    Json* known = earlier.if_contains(key);
    if (known == nullptr) {
      earlier[key] = member.value();
      continue;
    }
    const Shape* inner = shape == nullptr ? nullptr : shape->member(key);
    *known = merge_any(inner, std::move(*known), member.value(), member_path(path, key));
  }
  return earlier;
}

// {A: 1, B: null} is [A=1, B]; a list in a map gives one entry each.
JsonArray as_list(const Json& value) {
  if (value.is_array()) return value.get_array();
  if (value.is_string()) return {value};
  std::vector<std::string> entries;
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      const std::string name(member.key());
      if (member.value().is_null()) {
        entries.push_back(name);
      } else if (member.value().is_array()) {
        for (const Json& item : member.value().get_array()) entries.push_back(name + "=" + scalar_text(item));
      } else {
        entries.push_back(name + "=" + scalar_text(member.value()));
      }
    }
  }
  std::sort(entries.begin(), entries.end());
  JsonArray made;
  for (const std::string& entry : entries) made.push_back(Json(entry));
  return made;
}

JsonObject as_map(const Shape& shape, const Json& value, const std::string& path) {
  if (value.is_null()) return {};
  if (value.is_object()) return value.get_object();
  const Json long_form =
      shape.lengthen == nullptr ? value : shape.lengthen(value.is_string() ? Json(JsonArray{value}) : value, path);
  if (!long_form.is_object()) refuse(path, "must be a map or a list of names");
  return long_form.get_object();
}

Json merge_by_name(const Shape& shape, const Json& earlier, const Json& later, const std::string& path) {
  JsonArray all = as_list(earlier);
  for (const Json& item : as_list(later)) all.push_back(item);
  Json merged(std::move(all));
  unify(shape, merged, path);
  return merged;
}

Json merge_logging(const Shape& shape, const Json& earlier, const Json& later, const std::string& path) {
  if (!earlier.is_object() || !later.is_object()) refuse(path, "must be a map");
  const Json* driver = earlier.get_object().if_contains("driver");
  const Json* other = later.get_object().if_contains("driver");
  if (driver != nullptr && other != nullptr && !base::json_equal(*driver, *other)) return later;
  return merge_members(&shape, earlier.get_object(), later.get_object(), path);
}

// Address pools are the same by their subnet; those that only one side has are kept once.
Json merge_pools(const Shape& shape, const Json& earlier, const Json& later, const std::string& path) {
  if (!earlier.is_array() || !later.is_array()) refuse(path, "must be a list");
  const auto subnet = [](const Json& pool) {
    const Json* found = pool.is_object() ? pool.get_object().if_contains("subnet") : nullptr;
    return found == nullptr ? Json(nullptr) : *found;
  };
  JsonArray made;
  const auto find = [&](const Json& wanted) {
    return std::find_if(made.begin(), made.end(),
                        [&](const Json& pool) { return base::json_equal(subnet(pool), wanted); });
  };
  for (const Json& pool : earlier.get_array()) {
    for (const Json& other : later.get_array()) {
      if (!pool.is_object() || !other.is_object()) refuse(path, "must be a list of maps");
      const bool same = base::json_equal(subnet(pool), subnet(other));
      const auto known = find(subnet(other));
      if (!same && known == made.end()) {
        made.push_back(other);
        continue;
      }
      Json merged = merge_members(&shape.item.front(), pool.get_object(), other.get_object(), path);
      if (known == made.end()) {
        made.push_back(std::move(merged));
      } else {
        *known = std::move(merged);
      }
    }
  }
  return made;
}

Json build_map(const Json& build) {
  if (build.is_string()) return JsonObject{{"context", build}};
  return build.is_object() ? build : Json(JsonObject{});
}

Json merge_deep(const Shape* shape, Json earlier, const Json& later, const std::string& path) {
  if (later.is_null()) return earlier;
  if (earlier.is_object()) {
    if (!later.is_object()) refuse(path, "is a map in an earlier file, and cannot be overridden by something else");
    return merge_members(shape, std::move(earlier.get_object()), later.get_object(), path);
  }
  if (earlier.is_array()) {
    if (!later.is_array()) refuse(path, "is a list in an earlier file, and cannot be overridden by something else");
    return append(std::move(earlier.get_array()), later.get_array());
  }
  return later;
}

Json merge_any(const Shape* shape, Json earlier, const Json& later, const std::string& path) {
  switch (shape == nullptr ? Joins::Deep : shape->joins) {
    case Joins::Replace:
      return later;
    case Joins::ByName:
      return merge_by_name(*shape, earlier, later, path);
    case Joins::AsList:
      return append(as_list(earlier), as_list(later));
    case Joins::AsMap:
      return merge_members(shape, as_map(*shape, earlier, path), as_map(*shape, later, path), path);
    case Joins::Logging:
      return merge_logging(*shape, earlier, later, path);
    case Joins::Build:
      return merge_members(shape, build_map(earlier).get_object(), build_map(later).get_object(), path);
    case Joins::Ulimit:
      if (!earlier.is_object() || !later.is_object()) return later;
      return merge_members(shape, earlier.get_object(), later.get_object(), path);
    case Joins::Pools:
      return merge_pools(*shape, earlier, later, path);
    case Joins::Deep:
      break;
  }
  return merge_deep(shape, std::move(earlier), later, path);
}

}  // namespace

Json merge(const Shape& shape, Json earlier, const Json& later, const std::string& path) {
  return merge_any(&shape, std::move(earlier), later, path);
}

}  // namespace berth::compose
