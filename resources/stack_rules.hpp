// SPDX-License-Identifier: Apache-2.0
#pragma once
// What admission does to a ComposeStack and no schema can say: its project is named once, and its files are read.
#include <string>
#include <vector>

#include "base/status.hpp"
#include "resources/object_reader.hpp"
#include "resources/request/caller.hpp"

namespace berth::resources {

class StackRules {
 public:
  // `reader` outlives it.
  explicit StackRules(const ObjectReader& reader) : reader_(reader) {}

  // Of a new stack: its project, unless the files cannot be read. The server's field, so after all managers'.
  static void begin(const Kind& kind, Json& object);
  // What an update leaves as it was when it does not name it: the project.
  static void carry_over(const Kind& kind, const Json& before, Json& object);

  // What is wrong with the files of a valid stack goes to `causes`, what of them is left out to `warnings`. An object
  // of another kind, and a spec that stays as it was, but for desiredState and suspend, has neither.
  void check(const Kind& kind, const Json& object, const Json* before, std::vector<base::Cause>& causes,
             std::vector<std::string>& warnings) const;

  // Throws Conflict where somebody would delete what belongs to a stack that lives. Berth's own loops may.
  void check_removal(const Caller& caller, const Target& target, const Json& object) const;

 private:
  const ObjectReader& reader_;
};

}  // namespace berth::resources
