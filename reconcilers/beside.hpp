// SPDX-License-Identifier: Apache-2.0
#pragma once
// What would be applied before the object whose plan is asked for: of one file with it. Where it is not there yet, the
// plan takes it as it is given. Pure, but for the question what is there.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/resources.hpp"

namespace berth::reconcilers {

class Beside {
 public:
  // `objects` are Secrets, ConfigMaps, Networks and Volumes of the namespace `ns`. Both outlive it.
  Beside(const resources::Resources& resources, std::string ns, const std::vector<base::Json>& objects)
      : resources_(resources), ns_(std::move(ns)), objects_(objects) {}

  // One key of a Secret or ConfigMap that is not there yet; nothing when it is there, or not given.
  std::optional<std::string> value(std::string_view kind, std::string_view name, std::string_view key) const;

  // Adds the references of `value`, an object's spec.
  void read(const base::Json& value);
  // "Secret db", those that are given and not there yet, sorted.
  std::vector<std::string> created_first() const;
  // Whether all that was read is there, or given.
  bool complete() const;

 private:
  struct Reference {
    std::string kind;
    std::string name;
    std::string key;  // "" for all of it
    auto operator<=>(const Reference&) const = default;
  };
  const base::Json* given(std::string_view kind, std::string_view name) const;
  bool is_there(const Reference& reference) const;

  const resources::Resources& resources_;
  std::string ns_;
  const std::vector<base::Json>& objects_;
  std::vector<Reference> references_;
};

}  // namespace berth::reconcilers
