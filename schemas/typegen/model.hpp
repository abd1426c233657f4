// SPDX-License-Identifier: Apache-2.0
#pragma once
// The C++ types that the declarations ask for: one struct per kind and per object that carries x-berth-type.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::schemas::typegen {

// A member's type as C++ text, and the struct that it holds at its core, or "".
struct TypeName {
  std::string cpp;
  std::string core;
};

struct Member {
  std::string json;     // "hostIP"
  std::string cpp;      // "host_ip"
  std::string type;     // "std::optional<std::string>"
  std::string initial;  // "\"TCP\"", or "" for none
  std::string description;
  bool omit_empty = false;  // x-berth-plain: absent and empty are one
  bool operator==(const Member&) const = default;
};

struct Struct {
  std::string name;
  std::string description;
  std::vector<Member> members;
  std::vector<std::string> holds;  // structs that members hold
  bool encoded = false;            // part of a status: it is written, too
};

class Model {
 public:
  // `root` is the openAPIV3Schema of a kind. Throws InternalError for a nested object without x-berth-type, for two
  // different objects of one x-berth-type, and for a field whose name is a C++ keyword.
  void add_kind(const std::string& kind, const base::Json& root);
  // The schema of ObjectMeta, before any kind.
  void add_object_meta(const base::Json& schema);

  // In an order in which each struct follows those that it holds.
  const std::vector<Struct>& structs() const { return structs_; }
  // The kinds' root structs: "Container".
  const std::vector<std::string>& kinds() const { return kinds_; }

 private:
  TypeName name_type(const base::Json& schema, const std::string& path);
  void add_struct(Struct made);
  Struct read_struct(const std::string& name, const base::Json& schema, const std::string& path);
  void mark_encoded(const std::string& name);

  std::vector<Struct> structs_;
  std::map<std::string, std::size_t> index_;
  std::vector<std::string> kinds_;
};

// "hostIP" -> "host_ip", "ContainerSpec" -> "container_spec".
std::string to_snake_case(const std::string& name);

}  // namespace berth::schemas::typegen
