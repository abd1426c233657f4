// SPDX-License-Identifier: Apache-2.0
#include "schemas/schema.hpp"

#include <re2/re2.h>

#include <bit>

namespace berth::schemas {

Schema::Schema() = default;
Schema::~Schema() = default;

namespace {

// Names of fields differ in these, nearly always.
std::size_t hash_of(std::string_view name) {
  if (name.empty()) return 0;
  const auto at = [name](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(name[index]));
  };
  return name.size() * 131 + at(0) * 31 + at(name.size() / 2) * 7 + at(name.size() - 1);
}

}  // namespace

void Schema::index_properties() {
  slots_.assign(std::bit_ceil(properties.size() * 2 + 1), 0);
  for (std::size_t i = 0; i < properties.size(); ++i) {
    std::size_t slot = hash_of(properties[i].name) & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<std::uint16_t>(i + 1);
  }
  defaulted.clear();
  for (Property& property : properties) {
    property.managed.clear();
    base::append_quoted(property.managed, "f:" + property.name);
    property.managed.push_back(':');
    if (property.schema->default_value) defaulted.push_back(&property);
  }
}

const Property* Schema::property(std::string_view name) const {
  if (slots_.empty()) return nullptr;
  for (std::size_t slot = hash_of(name) & (slots_.size() - 1); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    const Property& property = properties[slots_[slot] - 1];
    if (property.name == name) return &property;
  }
  return nullptr;
}

}  // namespace berth::schemas
