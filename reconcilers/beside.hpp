// SPDX-License-Identifier: Apache-2.0
#pragma once
// What would be applied before the object whose plan is asked for, of one file with it: which of it the plan's objects
// refer to, and what that changes for them. Pure, but for the question what is there.
#include <string>
#include <vector>

#include "reconcilers/plan/given_objects.hpp"
#include "reconcilers/stack/stack_children.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class Beside {
 public:
  // `given` are of the namespace `ns`, and outlive it.
  Beside(const resources::Resources& resources, std::string ns, GivenObjects given)
      : resources_(resources), ns_(std::move(ns)), given_(given) {}

  GivenObjects given() const { return given_; }

  // Adds the references of an object, anywhere in its spec.
  void read(const base::Json& object);
  // "Secret db", those that are given and not there yet, sorted.
  std::vector<std::string> created_first() const;
  // Secrets and ConfigMaps that are there, and would hold something else where they are referred to; sorted.
  std::vector<ChildName> changed_first() const;
  // Those that are given and not there yet, but on another host than who refers to them, in the reconciler's words.
  std::vector<std::string> elsewhere() const;
  // Whether all that was read is there, or given.
  bool complete() const;

 private:
  struct Reference {
    std::string kind;
    std::string name;
    std::string key;  // "" for all of it
    std::string field;
    std::string host;  // of who refers to it
    bool optional = false;
  };
  void read_below(const base::Json& value, const std::string& field, const std::string& host);

  const resources::Resources& resources_;
  std::string ns_;
  GivenObjects given_;
  std::vector<Reference> references_;
};

}  // namespace berth::reconcilers
