// SPDX-License-Identifier: Apache-2.0
#pragma once
// A declared schema as a tree that walks read fast: everything is looked up once, when it is made.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "schemas/formats.hpp"
#include "schemas/rules.hpp"
#include "schemas/value_path.hpp"

namespace re2 {
class RE2;
}

namespace berth::schemas {

struct Schema;

enum class SchemaType {
  Object,  // the declared properties
  Map,     // any keys, values of one schema
  Array,
  String,
  Integer,
  Boolean,
  IntOrString,
  Any,  // x-kubernetes-preserve-unknown-fields: whatever is there
};

struct Property {
  std::string name;
  std::unique_ptr<Schema> schema;
  std::string managed;  // "f:<name>": as managed fields name it, with quotes and colon; by index_properties()
};

// x-berth-ref: this node names an object of another kind.
struct RefMark {
  std::string kind;
  bool cluster_scoped = false;  // the kind's, once the catalog is whole
};

// A row of not_served.yaml: refused when the path leads to anything, or to one of the values.
struct NotServed {
  ValuePath path;
  std::vector<std::string> values;
};

// What only the root of a kind has.
struct KindMarks {
  const Format* name_format = nullptr;
  std::vector<NotServed> not_served;
  std::vector<std::string> sealed_fields;
};

// A field of one of upstream's messages.
struct ProtobufField {
  std::uint32_t number = 0;  // 0: not on that wire
  bool micros = false;       // a time with microseconds
  bool omits_zero = false;   // 0 or false means that it is not set
};

struct Schema {
  Schema();
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // The declared property, or nullptr. Their order in memory is that of their names.
  const Property* property(std::string_view name) const;
  const Schema* find(std::string_view name) const {
    const Property* found = property(name);
    return found == nullptr ? nullptr : found->schema.get();
  }
  // Makes find() and the lists below ready; call it once the properties are all there, and sorted.
  void index_properties();

  SchemaType type = SchemaType::Any;
  std::string description;
  std::vector<Property> properties;        // sorted by name
  std::vector<const Property*> defaulted;  // of these, the ones that have a default
  std::vector<std::string> required;
  std::unique_ptr<Schema> items;  // of an array, the values of a map
  std::optional<base::Json> default_value;
  std::vector<std::string> values;  // enum
  std::optional<std::int64_t> minimum, maximum;
  std::optional<std::size_t> min_length, max_length, min_items, max_items;
  std::string pattern;
  std::unique_ptr<re2::RE2> regex;
  const Format* format = nullptr;
  std::string list_type;               // atomic, set, map
  std::vector<std::string> list_keys;  // of list type map
  std::string map_type;                // of an object or map: atomic, granular (the default)
  std::string patch_strategy;          // x-kubernetes-patch-strategy: what a strategic merge patch does with a list
  std::string patch_merge_key;         // x-kubernetes-patch-merge-key
  ProtobufField protobuf;              // its place in the message of the node that holds it
  std::string struct_name;             // x-berth-type

  const Format* keys_format = nullptr;         // of a map
  std::size_t max_total = 0;                   // of a map: bytes of keys and values together; 0 is no limit
  std::vector<std::string> first_values;       // of an array: what its first item may be
  std::vector<std::vector<ValuePath>> unique;  // of an array: groups of fields on which no two items agree
  bool always = false;                         // x-berth-always
  bool immutable = false;
  bool sealed = false;
  std::optional<RefMark> ref;
  std::unique_ptr<Rules> rules;      // of an object; nullptr for none
  std::unique_ptr<KindMarks> marks;  // of a kind's root; nullptr elsewhere

  // Whether anything here or below has one.
  bool has_refs = false;
  bool has_immutable = false;

 private:
  std::vector<std::uint16_t> slots_;  // a hash table over `properties`: index + 1, or 0; its size is a power of two
};

// Throws InternalError for a keyword or mark that it does not know, and for what the subset leaves out.
std::unique_ptr<Schema> read_schema(const base::Json& node, const std::string& path);
// The same with further properties in front: what the catalog adds to each kind's root.
std::unique_ptr<Schema> read_root_schema(const base::Json& node, const std::string& kind,
                                         const base::Json& object_meta);

}  // namespace berth::schemas
