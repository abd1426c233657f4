// SPDX-License-Identifier: Apache-2.0
#pragma once
// The kinds, declared once as CustomResourceDefinition YAML in this folder (built-in kinds in the same form), and
// what is derived from the declaration. Embedded at build time; read once, immutable, any thread.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "schemas/value_path.hpp"

namespace berth::schemas {

using base::Json;

// One node of a structural schema: the allowed subset is object, map (additionalProperties), array, string,
// integer, boolean and int-or-string. No `number`, no oneOf or allOf: a quantity is a string.
// Marks of ours, each an extension in the YAML:
//   x-berth-ref: {kind: Secret}       the object's name is at `name` below here (namespace: the referrer's own, or
//                                     `namespace` where the schema has it); on a string it is the name itself
//   x-berth-immutable: true           may not differ from what it was at create, set or not
//   x-berth-freeze: {flag: [a, b]}    once the flag was true, it and these siblings may not change
//   x-berth-sealed: true              the values are secret: sealed before they reach the store, in no message, in
//                                     no struct
//   x-berth-format: bytes|cpus|duration|ip|...   formats.cpp has them all; x-berth-keys: the same for a map's keys
//   x-berth-exactly-one: [[a, b]]     of these siblings exactly one is set; x-berth-at-most-one likewise
//   x-berth-unique: [[a, b], [c]]     no two items of the list agree on all fields of a group; an item that lacks
//                                     the group's first field is not compared
//   x-berth-requires: {field: other}  a sibling that must be set too
//   x-berth-at-least: {field: other}  a quantity or integer that is no less than a sibling
//   x-berth-disjoint: [[a, b]]        no key in both maps
//   x-berth-first: [A, B]             what the list's first item may be
//   x-berth-max-total: 262144         bytes of a map's keys and values together
//   x-berth-not-under: [{field, of, message}]   no path at `field` is at or below one at `of`
//   x-berth-rules: [{...}]            {forbid: path, in: [values], message}, {require: [paths]: one of them is set} or
//                                     {check: path, format}; each with `when: path, is: [values]`, or `unless`
//   x-berth-protobuf: 3               the field's number in upstream's generated.proto; its type follows from the node,
//                                     but for {number: 3, micros: true}, a MicroTime, and {number: 3, omitZero: true}
//   x-berth-always: true              of a built-in kind: upstream's Go type always writes it, an object that it has by
//                                     value, a list without omitempty. Other maps and lists are left out when empty.
//   x-berth-type: Name                the generated struct; x-berth-plain: absent is the empty value there
// and on the declaration itself: x-berth-finalizers, x-berth-revision, x-berth-built-in, x-berth-name-format (default
// dns-subdomain), x-berth-whole-table, x-berth-verbs (default: all), x-berth-subresources, x-berth-answered,
// x-berth-read-through, x-berth-structs: false (no C++ struct is generated); on a column: x-berth-cell.
struct Schema;

struct Column {
  std::string name;
  std::string type;  // string, integer, boolean, date
  std::string format;
  std::string description;
  std::string json_path;      // ".status.phase", kubectl's JSONPath subset with [?(@.type=="Ready")] filters
  std::int32_t priority = 0;  // above 0: only with -o wide
  // x-berth-cell, how the value is written: "" (as it is), count (how many members, over all the paths), object
  // (kind/name of an object reference, in lower case), reference (the same
  // as it is), ports (8080->80/tcp of a list of ports), bytes (of an integer: 15Gi), slashed (the values of all the
  // paths, with a slash between).
  std::string cell;
  std::vector<ValuePath> paths;  // json_path; alternatives are joined by '|', the first that leads to a value counts
};

// A subresource besides status, as discovery shows it: its body is of another kind. x-berth-subresources
struct Subresource {
  std::string name;
  std::string group;
  std::string version;
  std::string kind;
  std::vector<std::string> verbs;
};

struct Kind {
  std::string group;    // "" for core
  std::string version;  // "v1"
  std::string kind;     // "Container"
  std::string list_kind;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool has_status = false;
  bool built_in = false;                // takes strategic merge patches and protobuf bodies; our own kinds do not
  std::vector<std::string> verbs;       // discovery's
  std::vector<std::string> finalizers;  // added at create by admission: x-berth-finalizers on the CRD
  std::uint32_t revision = 1;           // rises with each change of the schema; stored beside each record
  std::vector<Column> columns;          // without NAME first and AGE last: those are everywhere
  std::vector<Subresource> subresources;
  bool answered = false;  // a create is answered by computing: nothing is stored, nothing can be read. x-berth-answered
  bool read_through = false;  // read from where it is kept, no object of the store; nothing writes it
  bool whole_table = false;   // the columns are the whole table: NAME and AGE are not added
  const Schema* schema = nullptr;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  // "containers.berth.dev", "secrets": how messages name it.
  std::string resource() const { return group.empty() ? plural : plural + "." + group; }
};

class Catalog {
 public:
  static const Catalog& instance();
  const std::vector<Kind>& kinds() const { return kinds_; }
  // By URL: group ("" for core), version, plural. nullptr when unknown.
  const Kind* find(std::string_view group, std::string_view version, std::string_view plural) const;
  // By an object's own words.
  const Kind* find_kind(std::string_view api_version, std::string_view kind) const;
  // By Kind name alone, as x-berth-ref has it. Throws InternalError when unknown.
  const Kind& by_name(std::string_view kind) const;

 private:
  friend class CatalogBuilder;
  std::vector<Kind> kinds_;
  std::vector<std::shared_ptr<const Schema>> schemas_;  // what Kind::schema points to
};

}  // namespace berth::schemas
