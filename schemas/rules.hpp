// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the fields of one object owe each other, as marks on its node. Fields are named by paths below the object.
// An empty list counts as not set.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schemas/causes.hpp"
#include "schemas/formats.hpp"
#include "schemas/value_path.hpp"

namespace berth::schemas {

// Whether a path leads to one of some values; to any at all, when none are named.
struct Test {
  ValuePath path;
  std::vector<base::Json> values;

  bool holds(const base::Json& object) const;
};

class Rules {
 public:
  // Reads the x-berth marks of an object node. Throws InternalError when one is malformed.
  explicit Rules(const base::JsonObject& node);

  bool empty() const;
  bool has_freeze() const { return !freezes_.empty(); }
  void check(const base::Json& object, const Place& at, Causes& causes) const;
  // x-berth-freeze, which looks at what the object was.
  void check_update(const base::Json& object, const base::Json& before, const Place& at, Causes& causes) const;

 private:
  // Siblings of which at most one is set, or exactly one.
  struct Choice {
    std::vector<std::string> fields;
    bool required = false;
  };
  // One of x-berth-rules: what it asks when the test holds (or, with `unless`, when it does not).
  struct Rule {
    enum class Ask { Forbid, Require, Check } ask = Ask::Forbid;
    std::vector<ValuePath> paths;
    std::vector<base::Json> values;  // Forbid: only these
    const Format* format = nullptr;  // Check
    std::optional<Test> test;
    bool unless = false;
    std::string message;
  };
  struct Pair {
    std::string field;
    std::string other;
  };
  // x-berth-not-under: no path of `inner` lies below one of `outer`.
  struct NotUnder {
    ValuePath inner;
    ValuePath outer;
    std::string message;
  };
  struct Freeze {
    std::string flag;
    std::vector<std::string> fields;
  };

  static Rule read_rule(const base::Json& mark);
  static void check_choice(const Choice& choice, const base::JsonObject& object, const Place& at, Causes& causes);
  static void check_rule(const Rule& rule, const base::Json& object, const Place& at, Causes& causes);
  static void check_not_under(const NotUnder& rule, const base::Json& object, const Place& at, Causes& causes);
  void check_pairs(const base::JsonObject& object, const Place& at, Causes& causes) const;

  std::vector<Choice> choices_;
  std::vector<Rule> rules_;
  std::vector<Pair> requires_;  // x-berth-requires: the field needs the other
  std::vector<Pair> at_least_;  // x-berth-at-least: the field is no less than the other
  std::vector<Pair> disjoint_;  // x-berth-disjoint: no key in both maps
  std::vector<NotUnder> not_under_;
  std::vector<Freeze> freezes_;  // x-berth-freeze: once the flag was true, it and the fields stay
};

}  // namespace berth::schemas
