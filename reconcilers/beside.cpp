// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/beside.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace berth::reconcilers {
namespace {

using base::Json;

// How a spec names each kind.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kReferences{{{"secretKeyRef", "Secret"},
                                                                                    {"secretRef", "Secret"},
                                                                                    {"configMapKeyRef", "ConfigMap"},
                                                                                    {"configMapRef", "ConfigMap"},
                                                                                    {"networkRef", "Network"},
                                                                                    {"volumeRef", "Volume"}}};

std::string_view referred_kind(std::string_view member) {
  const auto found = std::ranges::find(kReferences, member, [](const auto& one) { return one.first; });
  return found == kReferences.end() ? std::string_view() : found->second;
}

std::optional<Json> live(const resources::Resources& resources, const std::string& kind, const std::string& ns,
                         const std::string& name) {
  const auto object = resources.find(schemas::Catalog::instance().by_name(kind), ns, name);
  if (!object) return std::nullopt;
  return object->parse();
}

// What is under one key of a Secret's or ConfigMap's maps; of both maps in full for no key. Null where there is none.
Json content(const Json& object, const std::string& key) {
  base::JsonObject all;
  for (const char* map : {"data", "binaryData"}) {
    const Json* values = base::find_path(object, map);
    if (values == nullptr || !values->is_object()) continue;
    for (const auto& entry : values->get_object()) {
      if (key.empty() || entry.key() == key) all[entry.key()] = entry.value();
    }
  }
  return all.empty() ? Json() : Json(std::move(all));
}

template <class Name>
std::vector<Name> sorted(std::vector<Name> names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

void Beside::read(const Json& object) {
  const Json* spec = base::find_path(object, "spec");
  if (spec != nullptr) read_below(*spec, "spec", std::string(base::string_at(*spec, "host")));
}

void Beside::read_below(const Json& value, const std::string& field, const std::string& host) {
  if (value.is_array()) {
    std::size_t index = 0;
    for (const Json& item : value.get_array()) read_below(item, field + "[" + std::to_string(index++) + "]", host);
  }
  if (!value.is_object()) return;
  for (const auto& member : value.get_object()) {
    const std::string path = field + "." + std::string(member.key());
    const std::string_view kind = referred_kind(member.key());
    if (kind.empty()) {
      read_below(member.value(), path, host);
    } else {
      references_.push_back({std::string(kind), std::string(base::string_at(member.value(), "name")),
                             std::string(base::string_at(member.value(), "key")), path, host,
                             base::bool_at(member.value(), "optional")});
    }
  }
}

std::vector<std::string> Beside::created_first() const {
  std::vector<std::string> names;
  for (const Reference& one : references_) {
    if (!find_given(given_, one.kind, one.name) || live(resources_, one.kind, ns_, one.name)) continue;
    names.push_back(one.kind + " " + one.name);
  }
  return sorted(std::move(names));
}

std::vector<ChildName> Beside::changed_first() const {
  std::vector<ChildName> names;
  for (const Reference& one : references_) {
    if (one.kind != "Secret" && one.kind != "ConfigMap") continue;
    const Json* after = find_given(given_, one.kind, one.name);
    const auto before = live(resources_, one.kind, ns_, one.name);
    if (after == nullptr || !before || content(*before, one.key) == content(*after, one.key)) continue;
    names.push_back({one.kind, one.name});
  }
  return sorted(std::move(names));
}

std::vector<std::string> Beside::elsewhere() const {
  std::vector<std::string> said;
  for (const Reference& one : references_) {
    if (one.kind != "Network" && one.kind != "Volume") continue;
    const Json* given = find_given(given_, one.kind, one.name);
    if (given == nullptr || live(resources_, one.kind, ns_, one.name)) continue;
    const std::string host(base::string_at(*given, "spec.host"));
    if (host == one.host) continue;
    said.push_back(one.field + ": " + one.kind + " \"" + one.name + "\" is on host " + host + ", not on " + one.host);
  }
  return said;
}

bool Beside::complete() const {
  return std::ranges::all_of(references_, [this](const Reference& one) {
    if (one.optional) return true;
    if (const Json* given = find_given(given_, one.kind, one.name))
      return (one.key.empty() || !content(*given, one.key).is_null());
    const auto there = live(resources_, one.kind, ns_, one.name);
    return there && (one.key.empty() || !content(*there, one.key).is_null());
  });
}

}  // namespace berth::reconcilers
