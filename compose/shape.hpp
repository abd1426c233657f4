// SPDX-License-Identifier: Apache-2.0
#pragma once
// The shape of a value in a compose file, once for all that is done with it: what it may be, how two of it merge, what
// its short form stands for, which of it are paths, and how the canonical model shows it. The passes (interpolate,
// merge, unify, check, lengthen, resolve, render) walk a value along its shape; language.cpp is the table.
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::compose {

using base::Json;
using base::JsonArray;
using base::JsonObject;

enum class Kind {
  Any,
  Text,
  Bool,
  Int,
  Unsigned,
  Float,     // 32 bits
  Bytes,     // "1g"; shown as decimal text
  Duration,  // "1m30s"
  FileMode,  // shown as "0644"
  Count,     // a number, or all, which is -1
  Command,   // words, or a line that is split into words
  Test,      // of a healthcheck: words, or a line for the shell
  Pairs,     // name to text; "K=V" and bare "K" in a list. Null stays: it is taken from the project's environment
  Labels,    // the same, null is ""
  Options,   // name to text, only a map; `item` is what a value may be
  Repeated,  // name to a list of texts
  Hosts,     // "name=address"
  Ulimit,    // one number, or soft and hard
  External,  // true, or the old map {name}
  Truth,     // a Bool that is true unless said otherwise, shown only when false
  List,
  Map,
  Object,
};

// JSON types that a text may have here, before short forms are lengthened.
enum Accepts : unsigned {
  kNull = 1,
  kBool = 2,
  kInteger = 4,
  kNumber = 8 | kInteger,
  kString = 16,
  kArray = 32,
  kObject = 64,
  kAnything = 127,
};

// How a value of a later file joins that of an earlier one. Deep: maps by member, lists one after the other, anything
// else is replaced.
enum class Joins { Deep, Replace, ByName, AsList, AsMap, Logging, Build, Ulimit, Pools };

// What makes two members of a list the same; the later one takes the place of the earlier.
enum class Sameness { None, Name, Volume, Device, Config, Secret, Port, EnvFile };

enum class PathRule { None, Plain, Unix, Context, Mount, VolumeOptions };

struct Field;

struct Shape {
  Kind kind = Kind::Any;
  unsigned accepts = kAnything;
  std::vector<Shape> item;    // of a List or a Map, one
  std::vector<Field> fields;  // of an Object
  Joins joins = Joins::Deep;
  Sameness sameness = Sameness::None;
  PathRule path = PathRule::None;
  bool distinct = false;                     // no two equal members in a list
  bool any_fields = false;                   // of an Object: unknown fields are let through
  bool extensible = true;                    // of an Object: x-* is allowed
  bool (*fits)(std::string_view) = nullptr;  // a text, or the keys of a Map
  std::string_view form{};                   // what `fits` asks for, in words
  std::vector<std::string_view> choices{};   // of a text
  std::int64_t least = INT64_MIN;            // of an integer
  std::int64_t most = INT64_MAX;
  Json (*lengthen)(const Json& value, const std::string& path) = nullptr;  // the short form to the long one
  void (*complete)(JsonObject& value) = nullptr;                           // fills in what the long form leaves out

  const Field* find(std::string_view name) const;  // of an Object; nullptr when it has no such field
  // The shape of a member of an Object or a Map; nullptr for what is free.
  const Shape* member(std::string_view name) const;
};

// When the model shows a field: when it is not empty, whenever it was given, or always.
enum class Shown { NotEmpty, Given, Always };

struct Field {
  std::string_view name;
  Shape shape;
  Shown shown = Shown::NotEmpty;
  bool required = false;
  std::string_view shown_as{};  // "": its name
};

// The whole file.
const Shape& compose_file();
// One service, as in services.*.
const Shape& service();

}  // namespace berth::compose
