// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/beside.hpp"

#include <algorithm>
#include <array>

#include "base/crypto.hpp"
#include "base/status.hpp"

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

const Json* text_in(const Json& object, const char* map, std::string_view key) {
  const Json* values = base::find_path(object, map);
  const Json* value = values == nullptr || !values->is_object() ? nullptr : values->get_object().if_contains(key);
  return value != nullptr && value->is_string() ? value : nullptr;
}

bool holds_key(const Json& object, std::string_view key) {
  return key.empty() || text_in(object, "data", key) != nullptr || text_in(object, "stringData", key) != nullptr;
}

std::optional<Json> live(const resources::Resources& resources, std::string_view kind, const std::string& ns,
                         std::string_view name) {
  const auto object = resources.find(schemas::Catalog::instance().by_name(kind), ns, name);
  if (!object) return std::nullopt;
  return object->parse();
}

}  // namespace

const Json* Beside::given(std::string_view kind, std::string_view name) const {
  const auto found = std::ranges::find_if(objects_, [&](const Json& object) {
    return base::string_at(object, "kind") == kind && base::string_at(object, "metadata.name") == name;
  });
  return found == objects_.end() ? nullptr : &*found;
}

std::optional<std::string> Beside::value(std::string_view kind, std::string_view name, std::string_view key) const {
  const Json* object = given(kind, name);
  if (object == nullptr || live(resources_, kind, ns_, name)) return std::nullopt;
  // The plain one wins in a Secret, as it does when it is written.
  if (const Json* plain = kind == "Secret" ? text_in(*object, "stringData", key) : text_in(*object, "data", key)) {
    return std::string(plain->get_string());
  }
  const Json* encoded = kind == "Secret" ? text_in(*object, "data", key) : nullptr;
  if (encoded == nullptr) return std::nullopt;
  try {
    return base::from_base64(encoded->get_string());
  } catch (const base::Status&) {
    return std::nullopt;  // said where it is written
  }
}

void Beside::read(const Json& value) {
  if (value.is_array()) {
    for (const Json& item : value.get_array()) read(item);
  }
  if (!value.is_object()) return;
  for (const auto& member : value.get_object()) {
    const std::string_view kind = referred_kind(member.key());
    if (kind.empty()) {
      read(member.value());
    } else if (!base::bool_at(member.value(), "optional")) {
      references_.push_back({std::string(kind), std::string(base::string_at(member.value(), "name")),
                             std::string(base::string_at(member.value(), "key"))});
    }
  }
}

std::vector<std::string> Beside::created_first() const {
  std::vector<std::string> names;
  for (const Reference& one : references_) {
    if (given(one.kind, one.name) == nullptr || live(resources_, one.kind, ns_, one.name)) continue;
    names.push_back(one.kind + " " + one.name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool Beside::is_there(const Reference& reference) const {
  const auto object = live(resources_, reference.kind, ns_, reference.name);
  if (object) return holds_key(*object, reference.key);
  const Json* candidate = given(reference.kind, reference.name);
  return candidate != nullptr && holds_key(*candidate, reference.key);
}

bool Beside::complete() const {
  return std::ranges::all_of(references_, [this](const Reference& one) { return is_there(one); });
}

}  // namespace berth::reconcilers
